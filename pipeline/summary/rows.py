"""Arithmetic over the frames of clips that lie end to end, with NaN for what was not seen.

Each coordinate is an array of its own, [R, V] or [R] for one point: sums over a last axis of three are slow.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from pipeline.samples import Samples

X, Y, Z = range(3)
Columns = slice | int


def missing(samples: Samples) -> Bool[np.ndarray, "R V"]:
    """Returns which points were not seen: those that lack a coordinate."""
    lacking = np.isnan(samples.values)
    return lacking[..., X] | lacking[..., Y] | lacking[..., Z]


def in_picture_heights(
    samples: Samples, missing: Bool[np.ndarray, "R V"], columns: Columns, axis: int
) -> NDArray[np.float64]:
    """Returns one coordinate of some points, with the same unit for x, y and z; NaN where not seen."""
    values = samples.values[:, columns, axis].astype(np.float64)
    np.copyto(values, np.nan, where=missing[:, columns])
    if axis != Y:
        width = np.repeat(samples.aspect, samples.lengths)
        values *= width if values.ndim == 1 else width[:, None]
    return values


def per_second(samples: Samples) -> Float[np.ndarray, " N"]:
    """Returns what a way per frame is multiplied by: the frame rate, 1 where it is unknown."""
    return np.where(np.isnan(samples.fps), 1.0, samples.fps)


def change(values: Float[np.ndarray, "R ..."], samples: Samples) -> Float[np.ndarray, "R ..."]:
    """Returns the difference from the frame before, NaN in a clip's first frame."""
    changed = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=changed[1:])
    changed[samples.offsets[:-1]] = np.nan
    return changed


def length(*coordinates: Float[np.ndarray, "R ..."]) -> Float[np.ndarray, "R ..."]:
    """Returns how long the vectors are that have these coordinates."""
    first, *further = coordinates
    square = first * first
    for other in further:
        square += other * other
    return np.sqrt(square, out=square)


def over_points(values: Float[np.ndarray, "R V"]) -> Float[np.ndarray, " R"]:
    """Returns each frame's mean over the points that are not NaN; NaN where none is."""
    known = ~np.isnan(values)
    return _mean(np.where(known, values, 0.0).sum(1), known.sum(1))


def per_clip(rows: dict[str, NDArray[np.float64]], samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Returns each clip's means over its frames that are not NaN; NaN where none is."""
    stacked = np.stack(list(rows.values()))
    known, starts = ~np.isnan(stacked), samples.offsets[:-1]
    sums = np.add.reduceat(np.where(known, stacked, 0.0), starts, axis=1)
    return dict(zip(rows, _mean(sums, np.add.reduceat(known, starts, axis=1, dtype=np.int64)), strict=True))


def _mean(sums: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(sums, count, out=np.full(sums.shape, np.nan), where=count > 0)
