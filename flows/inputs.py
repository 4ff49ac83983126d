"""Clips out of what people have: a table, keypoints, a JSON file, a sample store, or videos and photographs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import formats
from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.files import read_json
from pipeline.formats.keeping import Otherwise
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton as skeleton_by_name
from pipeline.sources.media import IMAGES, VIDEOS

PICTURE = ("aspect", "fps", "handedness")


@dataclass(frozen=True)
class Unlabelled:
    """What an unlabelled file cannot say of itself."""

    aspect: float
    fps: float = float("nan")
    handedness: float = float("nan")
    layout: str = "auto"  # of keypoint arrays


def read_clips(path: Path, *, otherwise: Unlabelled, skeleton: str) -> Samples:
    """Reads .json, what `signloop convert` reads (.h5, .npz, .parquet, .csv, .pose), or whole-body keypoints (.npy).

    A folder, a video or a photograph is looked at; what is broken in it is told, and not answered for.

    JSON is a frame [V, 3], a clip [T, V, 3], a list of clips, or {"clips": […], "aspect", "fps", "handedness"};
    null is a point that was not seen.

    Raises: InputError naming the file and what it holds instead.
    """
    if path.is_dir() or path.suffix.lower() in VIDEOS | IMAGES:
        return _recordings(path, skeleton)
    readers = dict.fromkeys(formats.SUFFIXES, _samples) | {".json": _json}
    if skeleton == "holistic":
        readers[".npy"] = _keypoints
    if path.suffix.lower() not in readers:
        raise InputError(f"'{path}': expected one of {', '.join(readers)}. Convert or rename it.")
    if not path.exists():
        raise InputError(f"'{path}' does not exist. Give a {' or '.join(readers)} file.")
    samples = readers[path.suffix.lower()](path, otherwise, skeleton)
    store.check(samples)
    if samples.skeleton != skeleton:
        raise InputError(
            f"'{path}' holds points of '{samples.skeleton}', the model reads those of '{skeleton}'. Give another file, "
            "or a track or --model that reads them."
        )
    return samples


def _recordings(path: Path, skeleton: str) -> Samples:
    from flows.recordings import read, section

    data = section(path, detection={"points": skeleton}, labelled=False, min_seen=0, max_failed=1.0)
    return read(data, f"answers-{path.resolve().stem}")


def _samples(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    return formats.read(path, Otherwise(aspect=otherwise.aspect, fps=otherwise.fps, layout=otherwise.layout))


def _keypoints(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    from pipeline.sources.landmark_clips import read_unlabelled

    return read_unlabelled(path, layout=otherwise.layout, aspect=otherwise.aspect, fps=otherwise.fps)


def _json(path: Path, otherwise: Unlabelled, skeleton: str) -> Samples:
    content = read_json(path)
    fields = content if isinstance(content, dict) else {"clips": content}
    if "clips" not in fields:
        raise InputError(f"'{path}': expected `clips`, got {', '.join(fields) or 'nothing'}.")
    clips = [_clip(value, f"'{path}' clip {i}", skeleton) for i, value in enumerate(_listed(fields["clips"]))]
    if not clips:
        raise InputError(f"'{path}' holds no clips. Give at least one frame.")
    count = range(len(clips))
    aspect, fps, handedness = (_each(fields, name, f"'{path}'", len(clips), otherwise) for name in PICTURE)
    return from_clips(
        clips,
        target=[0 for _ in count],
        group=[path.stem for _ in count],
        ids=[f"{path.stem}/{i}" for i in count],
        fps=fps,
        aspect=aspect,
        handedness=handedness,
        class_names=("",),
        skeleton=skeleton,
    )


def _listed(value: Any) -> list[Any]:
    """Brings a frame, a clip or a list of clips into a list of clips, by how deep it is nested."""
    return {2: [[value]], 3: [value]}.get(_depth(value), value if isinstance(value, list) else [value])


def _depth(value: Any) -> int:
    """Levels of lists, where they go deepest: a point or a frame that was not seen is shallow."""
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _each(fields: dict[str, Any], name: str, where: str, count: int, otherwise: Unlabelled) -> list[float]:
    """What a file says of the picture, for each clip."""
    value = fields.get(name)
    if value is None:
        value = getattr(otherwise, name)
    values = value if isinstance(value, list) else [value] * count
    if len(values) != count or not all(isinstance(v, int | float) for v in values):
        raise InputError(f"{where} {name}: expected a number, or one for each of {count} clip(s), got {value!r}.")
    return [float(v) for v in values]


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
