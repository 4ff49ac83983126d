"""Bodies of requests, bounded, read into clips: JSON, NumPy's files, a picture, or a recording to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from fastapi import Request

from pipeline.errors import InputError
from pipeline.params import Serve
from serving.bodies import bitmaps
from serving.bodies.arrays import npy, npz
from serving.bodies.clips import Clips, checked
from serving.bodies.content import read_bytes, read_object
from serving.bodies.lists import values
from serving.bodies.recordings import POSE, Recordings, kind_of
from serving.bodies.takes import Floats, Takes
from serving.problems import ProblemError

SIDES = {"right": 1.0, "left": 0.0}
HOW = ("top", "id", "version", "store", "draft")


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a request to `predict` says; `single` when it is of one clip, and so is the answer.

    draft  what was sent is not finished, as a drawing on its way: it is answered, and goes into no log
    """

    clips: tuple[Clips, ...]
    single: bool
    id: str | None = None
    version: int | None = None
    store: bool = False
    draft: bool = False
    top: int = 3


async def read_body(request: Request, takes: Takes, bounds: Serve, recordings: Recordings) -> Body:
    """Reads a request by its content type.

    Raises: InputError for what is no clip, Problem for a type that is not read, or a body past its bounds.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    query = dict(request.query_params)
    if kind in READERS:
        body = READERS[kind](await read_bytes(request, bounds.max_body_mb), takes, query, bounds)
    elif looks_at(kind, takes):
        how = _asked_how(query)  # before anything is looked at
        content = await read_bytes(request, bounds.max_body_mb)
        body = Body(clips=(await _seen(kind, content, takes, recordings),), single=True, **how)
    else:
        known = ", ".join((*READERS, *LOOKED_AT.get(takes.name, ())))
        raise ProblemError(415, f"content-type: expected one of {known}, got '{kind[:80]}'.")
    hold(body.clips, bounds)
    return body


def looks_at(kind: str, takes: Takes) -> bool:
    """Whether a content type is of pictures in which clips of a form are found."""
    return kind_of(kind) is not None if takes.form.has_points else kind in LOOKED_AT.get(takes.name, ())


async def _seen(kind: str, content: bytes, takes: Takes, recordings: Recordings) -> Clips:
    recorded = kind_of(kind)
    if takes.form.has_points and recorded:
        return await recordings.read(recorded, content, takes)
    return await bitmaps.read(content, takes)


def hold(clips: Sequence[Clips], bounds: Serve) -> None:
    """Has clips keep the bounds of a request.

    Raises: ProblemError 413 where they do not.
    """
    frames = sum(some.frames * len(some) for some in clips)
    count = sum(len(some) for some in clips)
    if frames > bounds.max_frames or count > bounds.max_clips:
        raise ProblemError(
            413,
            f"{count} clip(s) of {frames} frames are more than a request may have: {bounds.max_clips} clips, "
            f"{bounds.max_frames} frames. Send them in several requests.",
        )


def _json(content: bytes, takes: Takes, query: dict[str, str], bounds: Serve) -> Body:
    name, remedy = takes.name, _remedy(takes)
    fields = read_object(content, remedy)
    known = (name, "clips", *takes.columns, *HOW)
    if unknown := [field for field in fields if field not in known]:
        raise InputError(f"unknown field '{unknown[0][:40]}'. Known: {', '.join(known)}.")
    if (name in fields) == ("clips" in fields):
        raise InputError(f"expected either '{name}' or 'clips'. {remedy}")
    columns = {column: _column(fields.get(column), column) for column in takes.columns}
    single = name in fields
    arrays = [values(fields[name], name, takes)] if single else _listed(fields["clips"], takes)
    return Body(clips=_clips(arrays, takes, columns), single=single, **_how(fields))


def _remedy(takes: Takes) -> str:
    return f'Send {{"{takes.name}": {takes.said} of {takes.holds}}}, or "clips" with a list of such.'


def _listed(value: Any, takes: Takes) -> list[Floats]:
    if not isinstance(value, list) or not value:
        raise InputError("clips: expected a list of one clip or more.")
    return [values(clip, f"clips[{i}]", takes) for i, clip in enumerate(value)]


def _clips(arrays: list[Floats], takes: Takes, columns: dict[str, Any]) -> tuple[Clips, ...]:
    """Returns clips of one length as one batch, of several lengths one by one, in their order."""
    if len({len(array) for array in arrays}) == 1:
        return (checked(np.stack(arrays) if len(arrays) > 1 else arrays[0][None], takes, **columns),)
    for name, value in columns.items():
        if isinstance(value, list) and len(value) not in (1, len(arrays)):
            raise InputError(f"{name}: expected one number, or one for each of {len(arrays)} clip(s).")
    each = [{n: v[i % len(v)] if isinstance(v, list) else v for n, v in columns.items()} for i in range(len(arrays))]
    return tuple(checked(array[None], takes, **own) for array, own in zip(arrays, each, strict=True))


def _column(value: Any, name: str) -> Any:
    """Returns a number or a list of them, None where nothing is known; a side's name as its number."""
    if isinstance(value, list):
        return [_number(v, name) for v in value]
    return None if value is None else _number(value, name)


def _number(value: Any, name: str) -> float:
    if name == "handedness" and isinstance(value, str) and value.lower() in SIDES:
        return SIDES[value.lower()]
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e6:
        raise InputError(f"{name}: expected a number" + (", 'right' or 'left'." if name == "handedness" else "."))
    return float(value)


def _how(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns what a request says besides its clips, checked."""
    top, id, version, store, draft = (fields.get(name) for name in HOW)
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= 1000):
        raise InputError("top: expected how many classes to name, 1 to 1000.")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or not 1 <= version < 2**31):
        raise InputError("version: expected the number of a version; leave it out for the one in Production.")
    if id is not None and not isinstance(id, str):
        raise InputError("id: expected a text.")
    if store is not None and not isinstance(store, bool):
        raise InputError("store: expected true, to keep what was sent, or false.")
    if draft is not None and not isinstance(draft, bool):
        raise InputError("draft: expected true, for what is not finished and goes into no log, or false.")
    if store and draft:
        raise InputError("store: expected false of a draft, which goes into no log. Send it again when it is finished.")
    return {"id": id, "version": version, "store": bool(store), "draft": bool(draft), "top": top or 3}


def _npy(content: bytes, takes: Takes, query: dict[str, str], bounds: Serve) -> Body:
    """Reads the bytes of an .npy file: one row of a clip, a clip [T, …], or clips [B, T, …]."""
    try:
        found = npy(content)
    except Exception as error:  # NumPy's reader of headers raises what its tokenizer does, too
        raise InputError(f"the body is no .npy file of numbers {takes.said}: {str(error)[:200]}.") from None
    return _of_array(found, takes, _asked_columns(query, takes), _asked_how(query))


def _npz(content: bytes, takes: Takes, query: dict[str, str], bounds: Serve) -> Body:
    """Reads the bytes of an .npz file: the same by the form's name, and what else is known by its names."""
    try:
        arrays = npz(content, takes, int(bounds.max_body_mb * 2**20))
    except Exception as error:  # as above, and what reads an archive raises anything for a broken one
        what = f"of {takes.name} {takes.said}"
        raise InputError(f"the body is no .npz file {what}: {str(error)[:200]}.") from None
    return _of_array(arrays.pop(takes.name), takes, _asked_columns(query, takes) | arrays, _asked_how(query))


def _of_array(found: Floats, takes: Takes, columns: dict[str, Any], how: dict[str, Any]) -> Body:
    clips, single = takes.lasting(found)
    return Body(clips=(checked(clips, takes, **columns),), single=single, **how)


def _asked_columns(query: dict[str, str], takes: Takes) -> dict[str, Any]:
    """Returns what an address says of the clip."""
    return {name: _column(_plain(query[name]), name) for name in takes.columns if name in query}


def _asked_how(query: dict[str, str]) -> dict[str, Any]:
    """Returns what an address says besides, checked as a body is."""
    said = {name: _value(query[name]) for name in ("top", "version", "store", "draft") if query.get(name)}
    return _how({"id": query.get("id") or None, **said})


def _value(text: str) -> Any:
    """Returns a number or a truth value; what is neither as it is, to be refused as such."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _plain(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


READERS = {"application/json": _json, "application/x-npy": _npy, "application/x-npz": _npz}
LOOKED_AT = {"landmarks": (POSE, "image/*", "video/*"), "bitmap": bitmaps.TYPES}  # by the name of the values
