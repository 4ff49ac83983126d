"""A contact sheet: some clips of every class, each by the frame that shows most of it."""

import math
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.form import form
from pipeline.pictures.tiles import Grid, view
from pipeline.samples import Samples
from pipeline.skeleton import skeleton

CELL = 150  # pixels


def write(path: Path, samples: Samples, *, most: int = 96, whole: bool = False) -> int:
    """Writes the sheet as PNG; returns how many clips are on it.

    Raises: InputError for samples of which there is no picture.
    """
    if not (form(samples.form).has_points or samples.form == "bitmap"):
        raise InputError(f"samples of '{samples.form}' have no picture of their own. Show them without a sheet.")
    shown = chosen(samples.target, most)
    draw = {"bitmap": _bitmap}.get(samples.form, partial(_points, whole=whole))
    pictures = [draw(samples, i) for i in shown]
    captions = [f"{samples.class_names[samples.target[i]]} · {samples.id[i]}" for i in shown]
    grid = Grid(width=CELL, height=CELL, columns=max(4, math.ceil(math.sqrt(len(shown) * 1.6))))
    with replacing(path) as beside:
        grid.sheet(pictures, captions).save(beside, format="PNG")
    return len(shown)


def _points(samples: Samples, i: int, *, whole: bool) -> NDArray[np.uint8]:
    return view(samples, i, whole=whole, frame=best_frame(samples, i)).drawn(0, CELL, CELL)


def _bitmap(samples: Samples, i: int) -> NDArray[np.uint8]:
    """Returns a drawing [H, W, 3], ink dark on light paper, each pixel as large as the cell allows."""
    ink = samples.clip(i)[0]
    times = max(1, CELL // max(ink.shape))
    return np.repeat((255 - np.kron(ink, np.ones((times, times), np.uint8)))[..., None], 3, axis=2)


def chosen(target: NDArray[np.int64], most: int) -> list[int]:
    """Returns clips class by class, as many of each, spread over the store; with more classes than places, some."""
    classes = np.unique(target)
    classes = classes[spread(len(classes), most)]
    each = max(1, most // len(classes))
    of_class = [np.flatnonzero(target == k) for k in classes]
    return [int(i) for clips in of_class for i in clips[spread(len(clips), each)]]


def best_frame(samples: Samples, i: int) -> int:
    """Returns the frame in which most points of the hands are seen; of equals, the one nearest the middle."""
    named = skeleton(samples.form)
    hands = [column for part in named.hands for column in named.part(part)]
    clip = samples.clip(i)
    seen = (~np.isnan(clip[:, hands]).any(-1)).sum(1)
    away = np.abs(np.arange(len(clip)) - (len(clip) - 1) / 2)
    return int(np.lexsort((away, -seen))[0])


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Returns at most so many places, from end to end."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
