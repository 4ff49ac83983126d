"""Frames over their bars: as high as they weigh, beside the largest of their own clip."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.drawing import HEAVY, shade
from pipeline.pictures import strip
from pipeline.pictures.strip import BAR, CELL, LINE, Row
from pipeline.pictures.tiles import MARGIN
from tests.bodies import make_clip, signed

HIGH = LINE + CELL + BAR + 2 * MARGIN


def drawn(folder: Path, *rows: Row) -> np.ndarray:
    strip.write(folder / "s.png", signed(make_clip(5, right=0.02), make_clip(3)), rows)
    with Image.open(folder / "s.png") as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


def bar(pixels: np.ndarray, row: int, place: int) -> np.ndarray:
    """Returns the column of pixels in the middle of a bar, from its foot upward, without the line below it."""
    foot = row * HIGH + LINE + CELL + MARGIN + BAR
    return pixels[foot - BAR : foot, MARGIN + place * (CELL + MARGIN) + CELL // 2][::-1]


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_bars_are_as_high_as_frames_weigh_beside_the_largest(tmp_path: Path, scale: float):
    weights = scale * np.array([0.5, 2.0, -1.0, np.nan, 0.0])
    pixels = drawn(tmp_path, Row(clip=0, frames=range(5), weights=weights), Row(clip=1, frames=[2], weights=np.ones(1)))
    assert pixels.shape == (2 * HIGH, MARGIN + 5 * (CELL + MARGIN), 3)
    heights = [int((bar(pixels, 0, place) != 255).any(-1).sum()) for place in range(5)]
    assert heights == [BAR // 4, BAR, 0, 0, 0]
    assert tuple(bar(pixels, 0, 0)[0]) == shade(0.25)
    assert tuple(bar(pixels, 1, 0)[BAR - 1]) == HEAVY


def test_each_frame_is_the_clips_own(tmp_path: Path):
    pixels = drawn(tmp_path, Row(clip=0, frames=[0, 4, 4], weights=np.zeros(3)))
    one, two, three = (pixels[LINE : LINE + CELL, MARGIN + place * (CELL + MARGIN) :][:, :CELL] for place in range(3))
    assert (two == three).all()
    assert (one != two).any()


def test_points_are_drawn_by_what_they_weigh_in_the_whole_row(tmp_path: Path):
    points = np.zeros((2, 75))
    points[0, 21], points[1, 21] = 1.0, 3.0
    pixels = drawn(tmp_path, Row(clip=0, frames=[1, 1], weights=np.zeros(2), points=points))
    cells = [pixels[LINE : LINE + CELL, MARGIN + place * (CELL + MARGIN) :][:, :CELL] for place in range(2)]
    assert [bool((cell == HEAVY).all(-1).any()) for cell in cells] == [False, True]


def test_without_a_clip_there_is_a_picture_that_says_so(tmp_path: Path):
    pixels = drawn(tmp_path)
    assert (pixels != 255).any()
    assert pixels.shape[0] == HIGH
