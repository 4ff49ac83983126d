"""Bodies of requests, bounded, read into clips: JSON, NumPy's files, or a recording to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from fastapi import Request

from pipeline.errors import InputError
from pipeline.params import Serve
from pipeline.skeleton import skeleton
from serving.bodies.arrays import npy, npz
from serving.bodies.clips import PICTURE, Clips, Floats, checked
from serving.bodies.content import read_bytes, read_object
from serving.bodies.numbers import floats, nested
from serving.bodies.recordings import POSE, Recordings, kind_of
from serving.problems import ProblemError

SIDES = {"right": 1.0, "left": 0.0}
REMEDY = 'Send {"landmarks": [[[x, y, z], …], …]}, or "clips" with a list of such.'
FIELDS = ("landmarks", "clips", *PICTURE, "top", "id", "version", "store")


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a request to `predict` says; `single` when it is of one clip, and so is the answer."""

    clips: tuple[Clips, ...]
    single: bool
    id: str | None = None
    version: int | None = None
    store: bool = False
    top: int = 3


async def read_body(request: Request, points: str, bounds: Serve, recordings: Recordings) -> Body:
    """Reads a request by its content type.

    Raises: InputError for what is no clip, Problem for a type that is not read, or a body past its bounds.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    query = dict(request.query_params)
    if kind in READERS:
        body = READERS[kind](await read_bytes(request, bounds.max_body_mb), points, query, bounds)
    elif recorded := kind_of(kind):
        how = _asked_how(query)  # before anything is looked at
        content = await read_bytes(request, bounds.max_body_mb)
        body = Body(clips=(await recordings.read(recorded, content, points),), single=True, **how)
    else:
        known = ", ".join((*READERS, POSE, "image/*", "video/*"))
        raise ProblemError(415, f"content-type: expected one of {known}, got '{kind[:80]}'.")
    hold(body.clips, bounds)
    return body


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


def _json(content: bytes, points: str, query: dict[str, str], bounds: Serve) -> Body:
    fields = read_object(content, REMEDY)
    if ("landmarks" in fields) == ("clips" in fields):
        raise InputError(f"expected either 'landmarks' or 'clips'. {REMEDY}")
    if unknown := [name for name in fields if name not in FIELDS]:
        raise InputError(f"unknown field '{unknown[0][:40]}'. Known: {', '.join(FIELDS)}.")
    picture = {name: _picture(fields.get(name), name) for name in PICTURE}
    single = "landmarks" in fields
    arrays = [_landmarks(fields["landmarks"], "landmarks", points)] if single else _listed(fields["clips"], points)
    return Body(clips=_clips(arrays, points, picture), single=single, **_how(fields))


def _listed(value: Any, points: str) -> list[Floats]:
    if not isinstance(value, list) or not value:
        raise InputError("clips: expected a list of one clip or more.")
    return [_landmarks(clip, f"clips[{i}]", points) for i, clip in enumerate(value)]


def _landmarks(value: Any, where: str, points: str) -> Floats:
    """Reads a frame [V, 3] or a clip [T, V, 3]; null stands for a number, a point or a frame that was not seen."""
    number = len(skeleton(points).points)
    wrong = f"{where}: expected [frames, {number}, 3] of numbers, and null for what was not seen."
    if not isinstance(value, list) or not value:
        raise InputError(wrong)
    frames = [value] if _is_frame(value, number) else value
    shape = (len(frames), number, 3)
    try:
        try:
            numbers = nested(frames, shape)
        except InputError:
            numbers = nested(_filled(frames, number), shape)
        return floats(numbers).reshape(shape)
    except InputError:
        raise InputError(wrong) from None


def _is_frame(value: list[Any], number: int) -> bool:
    return len(value) == number and all(
        point is None or (isinstance(point, list) and len(point) == 3 and not any(isinstance(c, list) for c in point))
        for point in value
    )


def _filled(frames: list[Any], number: int) -> list[Any]:
    """Returns frames with a null for each number of a point, or of a frame, that is null."""
    gap = [None] * 3
    return [
        [gap if point is None else point for point in frame or [None] * number]
        if frame is None or isinstance(frame, list)
        else frame
        for frame in frames
    ]


def _clips(arrays: list[Floats], points: str, picture: dict[str, Any]) -> tuple[Clips, ...]:
    """Returns clips of one length as one batch, of several lengths one by one, in their order."""
    if len({len(array) for array in arrays}) == 1:
        return (checked(np.stack(arrays) if len(arrays) > 1 else arrays[0][None], points, **picture),)
    for name, value in picture.items():
        if isinstance(value, list) and len(value) not in (1, len(arrays)):
            raise InputError(f"{name}: expected one number, or one for each of {len(arrays)} clip(s).")
    each = [{n: v[i % len(v)] if isinstance(v, list) else v for n, v in picture.items()} for i in range(len(arrays))]
    return tuple(checked(array[None], points, **own) for array, own in zip(arrays, each, strict=True))


def _picture(value: Any, name: str) -> Any:
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
    top, version, id, store = (fields.get(name) for name in ("top", "version", "id", "store"))
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= 1000):
        raise InputError("top: expected how many classes to name, 1 to 1000.")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or not 1 <= version < 2**31):
        raise InputError("version: expected the number of a version; leave it out for the one in Production.")
    if id is not None and not isinstance(id, str):
        raise InputError("id: expected a text.")
    if store is not None and not isinstance(store, bool):
        raise InputError("store: expected true, to keep the landmarks, or false.")
    return {"id": id, "version": version, "store": bool(store), "top": top or 3}


def _npy(content: bytes, points: str, query: dict[str, str], bounds: Serve) -> Body:
    """Reads the bytes of an .npy file: a frame [V, 3], a clip [T, V, 3], or clips [B, T, V, 3]."""
    try:
        landmarks = npy(content)
    except Exception as error:  # NumPy's reader of headers raises what its tokenizer does, too
        raise InputError(f"the body is no .npy file of numbers [frames, points, 3]: {str(error)[:200]}.") from None
    return _of_array(landmarks, points, _asked_picture(query), _asked_how(query))


def _npz(content: bytes, points: str, query: dict[str, str], bounds: Serve) -> Body:
    """Reads the bytes of an .npz file: the same as `landmarks`, and what is known of the picture by its names."""
    try:
        arrays = npz(content, int(bounds.max_body_mb * 2**20))
    except Exception as error:  # as above, and what reads an archive raises anything for a broken one
        raise InputError(f"the body is no .npz file of landmarks [frames, points, 3]: {str(error)[:200]}.") from None
    return _of_array(arrays.pop("landmarks"), points, _asked_picture(query) | arrays, _asked_how(query))


def _of_array(landmarks: Floats, points: str, picture: dict[str, Any], how: dict[str, Any]) -> Body:
    clips = landmarks.reshape((1,) * max(0, 4 - landmarks.ndim) + landmarks.shape)
    return Body(clips=(checked(clips, points, **picture),), single=landmarks.ndim < 4, **how)


def _asked_picture(query: dict[str, str]) -> dict[str, Any]:
    """Returns what an address says of the picture."""
    return {name: _picture(_plain(query[name]), name) for name in PICTURE if name in query}


def _asked_how(query: dict[str, str]) -> dict[str, Any]:
    """Returns what an address says besides, checked as a body is."""
    said = {name: _value(query[name]) for name in ("top", "version", "store") if query.get(name)}
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
