"""Arithmetic over the frames of clips that lie end to end, with NaN for what was not seen."""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.samples import Samples


def clip_of_row(samples: Samples) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(samples)), samples.lengths)


def in_picture_heights(samples: Samples) -> Float[np.ndarray, "R V 3"]:
    """Returns the points with one unit for x, y and z; NaN where not seen."""
    units = np.stack([samples.aspect, np.ones(len(samples)), samples.aspect], axis=-1)
    values = np.where(samples.seen[..., None], samples.values, np.nan).astype(np.float64)
    return values * units[clip_of_row(samples)][:, None, :]


def per_second(samples: Samples) -> Float[np.ndarray, " N"]:
    """Returns what a way per frame is multiplied by: the frame rate, 1 where it is unknown."""
    return np.where(np.isnan(samples.fps), 1.0, samples.fps)


def change(values: Float[np.ndarray, "R V C"], clip: NDArray[np.int64]) -> Float[np.ndarray, "R V C"]:
    """Returns the difference from the frame before, NaN in a clip's first frame."""
    changed = np.full_like(values, np.nan)
    changed[1:] = np.where((clip[1:] == clip[:-1])[:, None, None], np.diff(values, axis=0), np.nan)
    return changed


def length(values: Float[np.ndarray, "R V C"]) -> Float[np.ndarray, " R"]:
    """Returns each frame's mean vector length, over the points that have one."""
    return mean(np.linalg.norm(values, axis=-1), axis=1)


def mean(values: Float[np.ndarray, "..."], axis: int) -> Float[np.ndarray, "..."]:
    """Mean of what is not NaN; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis)
    return np.where(count > 0, np.nansum(values, axis) / np.maximum(count, 1), np.nan)


def per_clip(rows: Float[np.ndarray, " R"], samples: Samples) -> Float[np.ndarray, " N"]:
    """Returns each clip's mean over its frames that are not NaN; NaN where none is."""
    starts = samples.offsets[:-1]
    count = np.add.reduceat((~np.isnan(rows)).astype(np.int64), starts)
    return np.where(count > 0, np.add.reduceat(np.nan_to_num(rows), starts) / np.maximum(count, 1), np.nan)
