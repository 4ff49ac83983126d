"""Clips that move: a GIF of one or several side by side, at their own frame rates."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.files import replacing
from pipeline.pictures.tiles import Grid, View, view
from pipeline.samples import Samples

UNKNOWN_FPS = 15.0  # shown where nobody said how fast a clip is
FASTEST = 50.0  # browsers slow a GIF down whose pictures last less than two hundredths of a second
HEIGHT = 360


def write(path: Path, samples: Samples, *, height: int = HEIGHT, whole: bool = True) -> None:
    """Writes all clips of `samples` into one GIF that goes round; a shorter one waits on its last frame."""
    rates = frame_rates(samples)
    shown, durations_ms = timetable(samples.lengths, rates)
    views = [view(samples, i, whole=whole) for i in range(len(samples))]
    columns = math.ceil(math.sqrt(len(views)))
    high = max(80, height // columns)
    grid = Grid(width=round(high * max(v.aspect for v in views)), height=high, columns=columns)
    captions = [f"{samples.class_names[samples.target[i]]} · {samples.id[i]}" for i in range(len(samples))]
    first, *others = [_picture(grid, views, frames, captions) for frames in shown]
    with replacing(path) as beside:
        first.save(beside, format="GIF", save_all=True, append_images=others, duration=durations_ms, loop=0)


def frame_rates(samples: Samples) -> NDArray[np.float64]:
    """Returns frames per second of each clip, a usual rate where it is unknown."""
    fps = samples.fps.astype(np.float64)
    return np.where(fps > 0, fps, UNKNOWN_FPS)


def timetable(lengths: NDArray[np.int64], rates: NDArray[np.float64]) -> tuple[list[list[int]], list[int]]:
    """Returns which frame of each clip every picture shows, and how many milliseconds it lasts.

    A GIF counts hundredths of a second: pictures last longer or shorter in turns, so that the whole is on time.
    """
    rate = min(float(rates.max()), FASTEST)
    seconds = float((lengths / rates).max())
    count = max(1, math.ceil(seconds * rate - 1e-6))
    begins = np.arange(count) / rate
    frames = np.floor(begins[:, None] * rates + 1e-6).astype(int)
    ends = np.round(np.append(begins, count / rate) * 100).astype(int) * 10
    return np.minimum(frames, lengths - 1).tolist(), np.maximum(np.diff(ends), 20).tolist()


def _picture(grid: Grid, views: list[View], frames: list[int], captions: list[str]) -> Image.Image:
    pictures = [v.drawn(frame, grid.width, grid.height) for v, frame in zip(views, frames, strict=True)]
    return grid.sheet(pictures, captions).quantize(32, dither=Image.Dither.NONE)
