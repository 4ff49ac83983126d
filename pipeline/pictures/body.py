"""A body with each point as large and dark as it weighs, and of a signer each hand once more, from near."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.drawing import closer, draw
from pipeline.files import replacing
from pipeline.pictures.tiles import LEGS, Grid, relative
from pipeline.samples import Samples
from pipeline.skeleton import Skeleton, skeleton

CELL = 320  # pixels


def write(path: Path, samples: Samples, weights: NDArray[np.floating], captions: Sequence[str]) -> None:
    """Writes PNG: the frame of `samples` that shows most, under the weights [V], relative to the largest.

    captions  of the whole, and of a signer's left and right hand
    """
    named, row = skeleton(samples.form), plainest(samples)
    clip = int(np.searchsorted(samples.offsets, row, side="right")) - 1
    frame, aspect, shares = samples.values[row], float(samples.aspect[clip]), relative(weights)
    pictures = [_near(frame, aspect, columns, named, shares) for columns in panels(named)]
    with replacing(path) as beside:
        Grid(width=CELL, height=CELL, columns=len(pictures)).sheet(pictures, captions).save(beside, format="PNG")


def plainest(samples: Samples) -> int:
    """Returns the row of `values` that shows most points; of equals, the one with the largest hands."""
    named = skeleton(samples.form)
    count = samples.seen.sum(1)
    rows = np.flatnonzero(count == count.max())
    extent = np.zeros(len(rows))
    for hand in named.hands:
        xy = np.ma.masked_invalid(samples.values[rows][:, named.part(hand), :2])
        extent += np.ma.filled(np.ptp(xy, axis=1).sum(-1), 0.0)
    return int(rows[extent.argmax()])


def panels(named: Skeleton) -> list[list[int]]:
    """Returns which points each picture has: all but the legs, then each of two hands."""
    body = [column for column, name in enumerate(named.points) if not name.endswith(LEGS)]
    return [body, *(named.part(hand) for hand in named.hands)] if len(named.hands) > 1 else [body]


def _near(
    frame: NDArray[np.floating], aspect: float, columns: list[int], named: Skeleton, shares: NDArray[np.floating]
) -> NDArray[np.uint8]:
    """Draws these points alone, as large as fits."""
    alone = np.full_like(frame, np.nan)
    alone[columns] = frame[columns]
    clip, aspect = closer(alone[None], aspect)
    return draw(clip[0], named.name, height=min(CELL, round(CELL / aspect)), aspect=aspect, weights=shares)
