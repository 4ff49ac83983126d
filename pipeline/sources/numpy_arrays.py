"""NumPy files read whole and unpickled, and what is refused of any array of keypoints."""

import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError


def array(path: Path) -> NDArray[Any]:
    """Reads one .npy of numbers."""
    read = _whole(path, lambda: np.load(path, allow_pickle=False))
    if not isinstance(read, np.ndarray) or read.ndim == 0:
        raise InputError(f"'{path}': expected one array, a clip [frames, numbers] or a frame [numbers], got none.")
    refuse_other_than_numbers(read, f"'{path}'")
    return read


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Reads every array of an .npz."""
    opened = _whole(path, lambda: np.load(path, allow_pickle=False))
    if isinstance(opened, np.ndarray):
        raise InputError(f"'{path}': expected an .npz with arrays X and y, got a single array. Save it with np.savez.")
    with opened as file:
        return {name: _whole(path, lambda name=name: file[name]) for name in file.files}


def refuse_other_than_numbers(values: NDArray[Any], where: str) -> None:
    if values.dtype.kind not in "fiu":
        raise InputError(f"{where}: expected numbers, got {values.dtype}. Save it as float32.")


def refuse_nothing(frames: NDArray[Any], where: str, *, blank: bool) -> None:
    """Refuses a clip without frames; without `blank` also one of NaN throughout: nothing wrote that on purpose."""
    if len(frames) == 0:
        raise InputError(f"{where}: expected at least one frame, got none. Record it again, or remove it.")
    if not blank and np.isnan(frames).all():
        raise InputError(
            f"{where}: expected keypoints, got NaN throughout. Extract it again, or remove it; data.min_seen: 1 leaves "
            "out every clip in which nothing was seen."
        )


def _whole(path: Path, read: Callable[[], Any]) -> Any:
    """Reads; what NumPy says of a damaged file becomes an error that names it."""
    try:
        return read()
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Check data.path.") from None
    except (ValueError, EOFError, OSError, tokenize.TokenError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise InputError(
                f"'{path}': expected an array of numbers, got Python objects or no NumPy file; nothing is unpickled. "
                "Save it with np.save(file, np.asarray(clip, np.float32)); clips of several lengths go end to end into "
                "X of an .npz, with offsets."
            ) from None
        why = " ".join(str(error).split())[:200]
        raise InputError(f"'{path}' is not a whole NumPy file: {why}. Copy or extract it again.") from None
