"""Bodies of requests, bounded, read into clips: JSON, or a NumPy array."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from fastapi import Request

from pipeline.errors import InputError
from pipeline.params import Serve
from pipeline.skeleton import skeleton
from serving.clips import PICTURE, Clips, Floats, checked
from serving.problems import ProblemError

SIDES = {"right": 1.0, "left": 0.0}
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


async def read_bytes(request: Request, max_mb: float) -> bytes:
    """Returns the body, as far as it may be long.

    Raises: ProblemError 413 as soon as it is longer, whatever its header said.
    """
    limit = int(max_mb * 2**20)
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limit:
        raise _too_long(max_mb)
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise _too_long(max_mb)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_long(max_mb: float) -> ProblemError:
    return ProblemError(413, f"the body is longer than {max_mb:g} MiB. Send shorter or fewer clips a request.")


async def read_body(request: Request, points: str, bounds: Serve) -> Body:
    """Reads a request by its content type.

    Raises: InputError for what is no clip, Problem for a type that is not read, or a body past its bounds.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in READERS:
        raise ProblemError(415, f"content-type: expected one of {', '.join(READERS)}, got '{kind}'.")
    content = await read_bytes(request, bounds.max_body_mb)
    body = READERS[kind](content, points, dict(request.query_params))
    _hold(body, bounds)
    return body


def _hold(body: Body, bounds: Serve) -> None:
    frames = sum(clips.frames * len(clips) for clips in body.clips)
    count = sum(len(clips) for clips in body.clips)
    if frames > bounds.max_frames or count > bounds.max_clips:
        raise ProblemError(
            413,
            f"{count} clip(s) of {frames} frames are more than a request may have: {bounds.max_clips} clips, "
            f"{bounds.max_frames} frames. Send them in several requests.",
        )


def _json(content: bytes, points: str, query: dict[str, str]) -> Body:
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"the body is no JSON: {error}.") from None
    if not isinstance(fields, dict) or ("landmarks" in fields) == ("clips" in fields):
        raise InputError('expected {"landmarks": [[[x, y, z], …], …]}, or "clips" with a list of such.')
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
    try:
        array = np.array(value, np.float32)  # quick, and takes a null for a number
        if array.ndim < 2:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        array = _with_gaps(value, where, number)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[1:] != (number, 3) or len(array) == 0:
        raise InputError(f"{where}: expected [frames, {number}, 3], got {list(array.shape)}.")
    return array


def _with_gaps(value: Any, where: str, number: int) -> Floats:
    """Reads a clip in which whole points or frames are null."""
    wrong = InputError(f"{where}: expected numbers [frames, {number}, 3], and null for what was not seen.")
    if not isinstance(value, list) or not value:
        raise wrong
    one_frame = len(value) == number and all(p is None or (isinstance(p, list) and len(p) == 3) for p in value)
    frames = [value] if one_frame and not any(isinstance(c, list) for p in value if p for c in p) else value
    array = np.full((len(frames), number, 3), np.nan, np.float32)
    for t, frame in enumerate(frames):
        if frame is None:
            continue
        if not isinstance(frame, list) or len(frame) != number:
            raise wrong
        for v, point in enumerate(frame):
            if point is None:
                continue
            try:
                array[t, v] = np.array(point, np.float32)
            except (TypeError, ValueError, OverflowError):
                raise wrong from None
    return array


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


def _npy(content: bytes, points: str, query: dict[str, str]) -> Body:
    """Reads the bytes of an .npy file: a frame [V, 3], a clip [T, V, 3], or clips [B, T, V, 3]."""
    number = len(skeleton(points).points)
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise ValueError("it holds no numbers")
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise InputError(f"the body is no .npy file of numbers [frames, {number}, 3]: {error}.") from None
    single = array.ndim < 4
    array = array.astype(np.float32).reshape((1,) * max(0, 4 - array.ndim) + array.shape)
    fields = {
        name: orjson.loads(value) if value else None
        for name, value in query.items()
        if name in ("top", "version", "store")
    }
    picture = {name: _picture(_plain(query[name]), name) for name in PICTURE if name in query}
    return Body(clips=(checked(array, points, **picture),), single=single, **_how(fields | {"id": query.get("id")}))


def _plain(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


READERS = {"application/json": _json, "application/x-npy": _npy}
