"""Keypoints in one .npz of many clips.

X           [N, T, width], or [R, width] with `offsets`
offsets     [N + 1]: clip i is X[offsets[i]:offsets[i + 1]]
y           [N] labels: text, or numbers; with `class_names` the indices of these
group       [N] signer or source, optional
seq         [N] a clip's number within its label, optional: what data.seq_block counts
fps, aspect one number, or [N], optional
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.sources import keypoint_layouts
from pipeline.sources.numpy_arrays import arrays, refuse_nothing, refuse_other_than_numbers
from pipeline.sources.recording import Clip, Recording, session

Arrays = dict[str, NDArray[Any]]


def find(path: Path, data: LandmarkClips) -> list[Recording]:
    """Finds the clips of an .npz; their frames are held in memory as stored."""
    found = arrays(path)
    missing = [name for name in ("X", "y")[: 1 + data.labelled] if name not in found]
    if missing:
        raise InputError(
            f"'{path}': expected arrays X (keypoints) and y (labels), got {', '.join(found) or 'none'}. Name them so; "
            "without y set data.labelled: false."
        )
    frames, offsets = _end_to_end(found, path)
    count = len(offsets) - 1
    layout = keypoint_layouts.layout(data.layout, frames.shape[-1], path)
    labels = _labels(found, count, path) if data.labelled else [""] * count
    groups = _groups(found, count, data, path)
    said = {name: _numbers(found, name, count, path) for name in ("fps", "aspect") if name in found}

    def load(i: int) -> Clip:
        where = f"'{path}' clip {i}"
        clip = frames[offsets[i] : offsets[i + 1]]
        refuse_nothing(clip, where, blank=data.min_seen > 0)
        return Clip(keypoint_layouts.points(clip, layout, where), **{name: float(x[i]) for name, x in said.items()})

    return [
        Recording(id=f"{path.stem}/{i}", label=label, group=group, load=partial(load, i))
        for i, (label, group) in enumerate(zip(labels, groups, strict=True))
    ]


def _end_to_end(found: Arrays, path: Path) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Returns all frames [R, width] and where each clip begins."""
    x = found["X"]
    refuse_other_than_numbers(x, f"'{path}' array X")
    if x.ndim == 3:
        return x.reshape(-1, x.shape[-1]), np.arange(len(x) + 1) * x.shape[1]
    if x.ndim != 2 or "offsets" not in found:
        raise InputError(
            f"'{path}': expected X [clips, frames, numbers], or X [frames, numbers] with offsets [clips + 1], "
            f"got X {list(x.shape)} and {', '.join(found)}. Save it so."
        )
    offsets = found["offsets"]
    fits = offsets.ndim == 1 and offsets.dtype.kind in "iu" and len(offsets) > 1
    if not fits or offsets[0] != 0 or offsets[-1] != len(x) or (np.diff(offsets.astype(np.int64)) < 0).any():
        raise InputError(
            f"'{path}' array offsets: expected whole numbers that rise from 0 to the {len(x)} frames of X, got "
            f"{np.array2string(offsets, threshold=4)}. Clip i is X[offsets[i]:offsets[i + 1]]."
        )
    return x, offsets.astype(np.int64)


def _labels(found: Arrays, count: int, path: Path) -> list[str]:
    y = _each(found, "y", count, path)
    if "class_names" not in found:
        return [str(label).strip() for label in y]
    names = found["class_names"]
    wrong = (y < 0) | (y >= len(names)) if y.dtype.kind in "iu" else np.ones(count, bool)
    if wrong.any():
        clip = int(np.argmax(wrong))
        raise InputError(
            f"'{path}' clip {clip}: expected y from 0 to {len(names) - 1}, an index of class_names, got {y[clip]}. "
            "Correct it, or leave class_names out where y says the names."
        )
    return [str(names[label]).strip() for label in y]


def _groups(found: Arrays, count: int, data: LandmarkClips, path: Path) -> list[str]:
    """Returns each clip's signer where the file says so, else its recording session, else the file's name."""
    if "group" in found:
        return [str(group) for group in _each(found, "group", count, path)]
    block = data.seq_block
    if block is None:
        return [path.stem] * count
    if "seq" not in found:
        raise InputError(
            f"'{path}': data.seq_block needs an array seq, got {', '.join(found)}. Add it, or set data.seq_block: null."
        )
    return [
        session(str(number), block, f"'{path}' clip {i}") for i, number in enumerate(_each(found, "seq", count, path))
    ]


def _numbers(found: Arrays, name: str, count: int, path: Path) -> NDArray[Any]:
    """Returns what is above 0 for each clip, or NaN where it is unknown."""
    refuse_other_than_numbers(found[name], f"'{path}' array {name}")
    values = _each(found, name, count, path)
    wrong = (values <= 0) | np.isinf(values)
    if wrong.any():
        clip = int(np.argmax(wrong))
        raise InputError(f"'{path}' array {name}, clip {clip}: expected a number above 0, got {values[clip]}. Mend it.")
    return values


def _each(found: Arrays, name: str, count: int, path: Path) -> NDArray[Any]:
    """Returns an array of one value a clip; a single number stands for every clip."""
    values = found[name]
    if values.ndim == 0 and values.dtype.kind in "fiu":
        return np.full(count, values)
    if values.shape != (count,):
        raise InputError(f"'{path}' array {name}: expected one for each of {count} clips, got {list(values.shape)}.")
    return values
