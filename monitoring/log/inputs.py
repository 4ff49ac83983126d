"""A kept clip as bytes: its values as they came, by the name of its form's input, and what was said of it."""

import io
import zlib
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.form import FORMS, Form
from pipeline.samples import Samples, from_clips


def pack(values: NDArray[np.float32], form: Form, **said: float) -> bytes:
    """Packs one clip [T, …] as a model takes it; what is said of it is NaN where it is not known."""
    stream = io.BytesIO()
    columns = {name: np.asarray(said[name], np.float32) for name in form.columns}
    np.savez_compressed(stream, allow_pickle=False, **{form.values: values.astype(form.dtype)}, **columns)
    return stream.getvalue()


def unpack(clip: bytes, id: str = "") -> Samples:
    """Returns a packed clip as samples of one, its class not known.

    Raises: InputError for bytes that `pack` did not make.
    """
    try:
        with np.load(io.BytesIO(clip), allow_pickle=False) as found:  # arrays alone: nothing is unpickled
            arrays = {name: found[name] for name in found.files}
            name = next(form.values for form in FORMS.values() if form.values in arrays)
            values = arrays.pop(name)
            said: dict[str, Any] = {name: float(value) for name, value in arrays.items()}
    except StopIteration:
        raise _unreadable(id, f"it has none of {', '.join(sorted({form.values for form in FORMS.values()}))}") from None
    except (ValueError, TypeError, KeyError, EOFError, OSError, BadZipFile, zlib.error) as error:
        raise _unreadable(id, str(error)) from None
    form = _form(values, name)
    if form is None or set(said) != set(form.columns) or not len(values):
        shapes = ", ".join(f"{form.name}: {form.words}" for form in FORMS.values() if form.values == name)
        raise _unreadable(id, f"expected rows of {shapes}, got {name} {list(values.shape)}")
    return from_clips(
        [form.rows(values[None])[0]], target=[0], group=[""], ids=[id], class_names=("",), form=form.name, **said
    )


def _form(values: NDArray[Any], name: str) -> Form | None:
    """Returns the form of rows; forms whose values have the same name are told apart by how many points they have."""
    named = [form for form in FORMS.values() if form.values == name and values.ndim == len(form.axes) - 1]
    return next((form for form in named if form.fits(form.rows(values[None])[0].shape[1:])), None)


def _unreadable(id: str, why: str) -> InputError:
    return InputError(f"the kept input of '{id}' cannot be read: {why}. Erase it: signloop log erase --id")
