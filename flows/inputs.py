"""Clips out of what people have: a table, a JSON file, or a sample store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.files import read_json
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton as skeleton_by_name


@dataclass(frozen=True)
class Unlabelled:
    """What an unlabelled file cannot say of itself."""

    aspect: float
    fps: float = float("nan")
    handedness: float = float("nan")


def read_clips(path: Path, *, otherwise: Unlabelled, skeleton: str) -> Samples:
    """Reads .csv, .parquet, .json or .h5.

    JSON is a frame [V, 3], a clip [T, V, 3], a list of clips, or {"clips": […], "aspect", "fps", "handedness"};
    null is a point that was not seen.

    Raises: InputError naming the file and what it holds instead.
    """
    readers = {".h5": _store, ".json": _json, ".csv": _table, ".parquet": _table}
    if path.suffix.lower() not in readers:
        raise InputError(f"'{path}': expected one of {', '.join(readers)}. Convert or rename it.")
    if not path.exists():
        raise InputError(f"'{path}' does not exist. Give a table, a JSON file or a sample store.")
    samples = readers[path.suffix.lower()](path, otherwise, skeleton)
    store.check(samples)
    return samples


def _store(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    return store.read(path)


def _table(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    from pipeline.sources.landmark_table import read_unlabelled

    return read_unlabelled(path, aspect=otherwise.aspect)


def _json(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    content = read_json(path)
    fields = content if isinstance(content, dict) else {"clips": content}
    if "clips" not in fields:
        raise InputError(f"'{path}': expected `clips`, got {', '.join(fields) or 'nothing'}.")
    clips = [_clip(value, f"'{path}' clip {i}", skeleton) for i, value in enumerate(_listed(fields["clips"]))]
    count = range(len(clips))
    return from_clips(
        clips,
        target=[0 for _ in count],
        group=[path.stem for _ in count],
        ids=[f"{path.stem}/{i}" for i in count],
        fps=fields.get("fps") or otherwise.fps,
        aspect=fields.get("aspect") or otherwise.aspect,
        handedness=otherwise.handedness if fields.get("handedness") is None else fields["handedness"],
        class_names=("",),
        skeleton=skeleton,
    )


def _listed(value: Any) -> list[Any]:
    """Brings a frame, a clip or a list of clips into a list of clips, by how deep it is nested."""
    depth, inner = 0, value
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    return {2: [[value]], 3: [value]}.get(depth, value if isinstance(value, list) else [value])


def _clip(value: Any, where: str, skeleton: str) -> Any:
    points = len(skeleton_by_name(skeleton).points)
    try:
        array = np.asarray([[_point(point) for point in frame] for frame in value], np.float32)
    except (TypeError, ValueError):
        raise InputError(f"{where}: expected numbers [frames, {points}, 3], null where a point was not seen.") from None
    if array.ndim != 3 or array.shape[1:] != (points, 3):
        raise InputError(f"{where}: expected [frames, {points}, 3], got {list(array.shape)}.")
    return array


def _point(point: Any) -> list[float]:
    return [np.nan] * 3 if point is None else [np.nan if c is None else float(c) for c in point]
