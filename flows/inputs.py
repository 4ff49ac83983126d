"""Clips out of what people have: a table, keypoints, a JSON file, a sample store, or videos and photographs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import formats
from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.files import read_json
from pipeline.form import form as named
from pipeline.formats.keeping import Otherwise
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton
from pipeline.sources.media import IMAGES, VIDEOS
from serving.bodies.lists import values
from serving.bodies.takes import Takes

PICTURE = ("aspect", "fps", "handedness")


@dataclass(frozen=True)
class Unlabelled:
    """What an unlabelled file cannot say of itself."""

    aspect: float
    fps: float = float("nan")
    handedness: float = float("nan")
    layout: str = "auto"  # of keypoint arrays


def read_clips(path: Path, *, otherwise: Unlabelled, form: str, row: tuple[int, ...] = ()) -> Samples:
    """Reads .json, what `signloop convert` reads (.h5, .npz, .parquet, .csv, .pose), or whole-body keypoints (.npy).

    A folder, a video or a photograph is looked at; what is broken in it is told, and not answered for.

    JSON is a frame [V, 3], a clip [T, V, 3], a list of clips, or {"clips": […], "aspect", "fps", "handedness"};
    null is a point that was not seen. Of samples without points .npy and JSON are as the server takes them.

    row  of a model whose form leaves its shape to the data

    Raises: InputError naming the file and what it holds instead.
    """
    if not named(form).has_points:
        return _plain(path, Takes(form=named(form), row=row))
    if path.is_dir() or path.suffix.lower() in VIDEOS | IMAGES:
        return _recordings(path, form)
    readers = dict.fromkeys(formats.SUFFIXES, _samples) | {".json": _json}
    if form == "holistic":
        readers[".npy"] = _keypoints
    if path.suffix.lower() not in readers:
        raise InputError(f"'{path}': expected one of {', '.join(readers)}. Convert or rename it.")
    if not path.exists():
        raise InputError(f"'{path}' does not exist. Give a {' or '.join(readers)} file.")
    samples = readers[path.suffix.lower()](path, otherwise, form)
    store.check(samples)
    if samples.form != form:
        raise InputError(
            f"'{path}' holds points of '{samples.form}', the model reads those of '{form}'. Give another file, "
            "or a track or --model that reads them."
        )
    return samples


def _plain(path: Path, takes: Takes) -> Samples:
    """Reads samples without points: our own files, arrays of the form, or JSON of them."""
    known, suffix = (*formats.OF_ANY_FORM, ".npy", ".json"), path.suffix.lower()
    if suffix not in known or not path.is_file():
        raise InputError(f"'{path}': expected a file {', '.join(known)} of '{takes.form.name}'. Give such a one.")
    if suffix in formats.OF_ANY_FORM:
        samples = formats.read(path)
        if samples.form != takes.form.name:
            raise InputError(f"'{path}' holds samples of '{samples.form}', the model reads '{takes.form.name}'.")
        return samples
    try:
        if suffix == ".npy":
            parts = [takes.held(takes.lasting(np.load(path, allow_pickle=False))[0])]
        else:
            content = read_json(path)
            several = isinstance(content, dict) and "clips" in content
            listed = (
                content["clips"] if several else [content.get(takes.name) if isinstance(content, dict) else content]
            )
            parts = [takes.held(values(one, f"clip {i}", takes)[None]) for i, one in enumerate(listed)]
    except (InputError, ValueError, TypeError) as error:
        raise InputError(f"'{path}': {error}") from None
    clips = [takes.form.rows(clip) for part in parts for clip in part]
    count = range(len(clips))
    ids, group = [f"{path.stem}/{i}" for i in count], [path.stem for _ in count]
    return from_clips(clips, target=[0 for _ in count], group=group, ids=ids, class_names=("",), form=takes.form.name)


def _recordings(path: Path, form: str) -> Samples:
    from flows.recordings import read, section

    data = section(path, detection={"points": form}, labelled=False, min_seen=0, max_failed=1.0)
    return read(data, f"answers-{path.resolve().stem}")


def _samples(path: Path, otherwise: Unlabelled, form: str) -> Samples:
    return formats.read(path, Otherwise(aspect=otherwise.aspect, fps=otherwise.fps, layout=otherwise.layout))


def _keypoints(path: Path, otherwise: Unlabelled, form: str) -> Samples:
    from pipeline.sources.landmark_clips import read_unlabelled

    return read_unlabelled(path, layout=otherwise.layout, aspect=otherwise.aspect, fps=otherwise.fps)


def _json(path: Path, otherwise: Unlabelled, form: str) -> Samples:
    content = read_json(path)
    fields = content if isinstance(content, dict) else {"clips": content}
    if "clips" not in fields:
        raise InputError(f"'{path}': expected `clips`, got {', '.join(fields) or 'nothing'}.")
    clips = [_clip(value, f"'{path}' clip {i}", form) for i, value in enumerate(_listed(fields["clips"]))]
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
        form=form,
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


def _clip(value: Any, where: str, form: str) -> Any:
    points = len(skeleton(form).points)
    try:
        array = np.asarray([[_point(point) for point in frame] for frame in value], np.float32)
    except (TypeError, ValueError):
        raise InputError(f"{where}: expected numbers [frames, {points}, 3], null where a point was not seen.") from None
    if array.ndim != 3 or array.shape[1:] != (points, 3):
        raise InputError(f"{where}: expected [frames, {points}, 3], got {list(array.shape)}.")
    return array


def _point(point: Any) -> list[float]:
    return [np.nan] * 3 if point is None else [np.nan if c is None else float(c) for c in point]
