"""Clips that two parts of a split share: exact copies and near ones.

Two clips are nearly the same when their hands differ by less than a given mean point distance, wherever and however
large they are in the picture. A clip is compared by the first, middle and last frame in which anything was seen, with
one origin and one unit (wrist → middle MCP) for the three, so that movement counts. Of a pose, the shoulders are
compared with the hands: they say where these are, and much of the rest is guessed. Clips are told apart by which points
were not seen, too: a copy with other points dropped is not found. Clips without a measurable hand are left out: all of
them would be copies of each other. Of samples that have no points only exact copies are found.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from pipeline.form import form
from pipeline.samples import Samples
from pipeline.skeleton import Skeleton, skeleton

CHUNK = 512  # queries whose candidates are held in memory at once
SUMMED = 7  # points a sum; more of them make the tree fast and its candidates many


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """What clips are compared by."""

    digests: list[bytes]
    shapes: NDArray[np.float64]

    def select(self, indices: NDArray[np.int64]) -> "Fingerprints":
        return Fingerprints(digests=[self.digests[i] for i in indices], shapes=self.shapes[indices])


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """For each of the clips asked about: is a copy of it among the others, and which."""

    exact: NDArray[np.bool_]
    near: NDArray[np.bool_]  # exact ones included
    copy: NDArray[np.int64]  # index of one copy; -1 none


def fingerprints(samples: Samples) -> Fingerprints:
    return Fingerprints(digests=digests(samples), shapes=shapes(samples))


def shapes(samples: Samples) -> NDArray[np.float64]:
    """Returns each clip's hands without place and size as [N, points, 3], NaN throughout where no hand is measurable.

    `points` counts those of the three frames, or of the only one where no clip has more.
    """
    if not form(samples.form).has_points:
        return np.full((len(samples), 1, 3), np.nan)
    whole = skeleton(samples.form)
    hands = whole.of_each_hand("wrist", "middle_mcp")
    rows = _three_rows(samples) if samples.lengths.max() > 1 else samples.offsets[:-1, None]
    points = samples.values[rows].astype(np.float64)  # [N, frames, V, C]
    points[..., [0, 2]] *= samples.aspect[:, None, None, None]
    bones = np.concatenate([points[:, :, knuckle] - points[:, :, wrist] for wrist, knuckle in hands], axis=1)
    length = _mean(np.linalg.norm(bones, axis=-1), 1)
    points = points[:, :, _compared(whole)].reshape(len(samples), -1, 3)
    points -= _mean(points, 1)[:, None]
    points /= np.where(length > 0, length, np.nan)[:, None, None]
    hidden = np.isnan(points).any(-1)
    points[hidden & ~hidden.all(-1, keepdims=True)] = 0.0
    return points


def _compared(whole: Skeleton) -> list[int]:
    """Returns the columns that two clips are compared by."""
    hands = [column for hand in whole.hands for column in whole.part(hand)]
    return hands + whole.indices(*(name for name in whole.points if name.endswith("shoulder")))


def _three_rows(samples: Samples) -> NDArray[np.int64]:
    """Returns the rows of each clip's first, middle and last frame in which anything was seen."""
    visible = np.flatnonzero(samples.seen.any(-1))
    if len(visible) == 0:
        return np.repeat(samples.offsets[:-1, None], 3, axis=1)
    first = np.searchsorted(visible, samples.offsets[:-1])
    last = np.maximum(np.searchsorted(visible, samples.offsets[1:]) - 1, first)
    picked = np.stack([first, (first + last) // 2, last], axis=1)
    rows = visible[np.minimum(picked, len(visible) - 1)]
    empty = (rows < samples.offsets[:-1, None]) | (rows >= samples.offsets[1:, None])
    return np.where(empty, samples.offsets[:-1, None], rows)


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mean of what is not NaN; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis)
    return np.where(count > 0, np.nan_to_num(values).sum(axis) / np.maximum(count, 1), np.nan)


def digests(samples: Samples) -> list[bytes]:
    """Returns a digest of each sample's values as they are, empty where it shows nothing."""
    visible = samples.shown
    return [
        blake2b(samples.clip(i).tobytes(), digest_size=16).digest() if visible[i] else b"" for i in range(len(samples))
    ]


def duplicates(asked: Fingerprints, others: Fingerprints, limit: float) -> Duplicates:
    """Finds, for each clip asked about, a copy among the others; `limit` is a mean point distance in hand lengths.

    Memory is bounded by the number of clips, time grows a little faster than it: a tree, not all pairs.
    """
    index = {digest: i for i, digest in reversed(list(enumerate(others.digests))) if digest}
    copy = np.asarray([index.get(digest, -1) for digest in asked.digests], np.int64)
    exact = copy >= 0
    measurable = np.flatnonzero(~exact & ~np.isnan(asked.shapes[:, 0, 0]))
    known = np.flatnonzero(~np.isnan(others.shapes[:, 0, 0]))
    if limit > 0 and len(measurable) and len(known):
        found = _near(asked.shapes[measurable], others.shapes[known], limit)
        copy[measurable] = np.where(found >= 0, known[found], -1)
    return Duplicates(exact=exact, near=copy >= 0, copy=copy)


def _near(asked: NDArray[np.float64], others: NDArray[np.float64], limit: float) -> NDArray[np.int64]:
    """Returns the index of a shape nearer than `limit`, -1 where there is none.

    The tree holds sums over a few points each. They are apart by no more than the points together are, the number of
    points times `limit`: within that radius lie all candidates, and the nearest is nearly always the answer.
    """
    radius = limit * asked.shape[1]
    flat, known = (
        np.add.reduceat(points, np.arange(0, points.shape[1], SUMMED), axis=1).reshape(len(points), -1)
        for points in (asked, others)
    )
    tree = KDTree(known)
    distance, nearest = (np.asarray(x) for x in tree.query(flat, distance_upper_bound=radius))
    found = np.full(len(asked), -1, np.int64)
    close = np.flatnonzero(np.isfinite(distance))
    sure = close[_point_distance(asked[close], others[nearest[close]]) < limit]
    found[sure] = nearest[sure]
    unsure = np.setdiff1d(close, sure)
    for start in range(0, len(unsure), CHUNK):
        chunk = unsure[start : start + CHUNK]
        for i, candidates in zip(chunk, tree.query_ball_point(flat[chunk], radius), strict=True):
            apart = _point_distance(asked[i], others[candidates])
            if apart.min() < limit:
                found[i] = candidates[apart.argmin()]
    return found


def _point_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(a - b, axis=-1).mean(-1)
