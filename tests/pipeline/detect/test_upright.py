"""A picture recorded by a turned camera is shown upright, in every container that can say so."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.reading import pictures
from pipeline.params.data import Detection
from tests.videos import write_video

RED, GREEN = (200, 30, 30), (30, 200, 30)


def scene() -> NDArray[np.uint8]:
    """Returns a picture twice as wide as high; its top left quarter is red, its top right one green."""
    picture = np.full((64, 128, 3), 60, np.uint8)
    picture[:32, :64], picture[:32, 64:] = RED, GREEN
    return picture


def quarters(picture: NDArray[np.uint8]) -> list[str]:
    """Names the colours of the four quarters, row by row."""
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    blocks = [picture[y : y + height, x : x + width] for y in (0, height) for x in (0, width)]
    means = [block.reshape(-1, 3).mean(0) for block in blocks]
    return ["red" if r > g + 50 else "green" if g > r + 50 else "grey" for r, g, _ in means]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".webm", ".mkv"])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_turned_and_mirrored_recordings(tmp_path: Path, ending: str, turn: int, mirror: bool) -> None:
    seen_by_camera = scene()[:, ::-1] if mirror else scene()  # what a player turns and then mirrors into the scene
    seen_by_camera = np.rot90(seen_by_camera, k=-turn // 90)
    path = write_video(tmp_path / f"clip{ending}", [seen_by_camera] * 2, 10, rotate=turn, mirror=mirror)
    first, *_ = pictures(path, Detection())
    assert first.rgb.shape == (64, 128, 3)
    assert first.aspect == 2
    assert quarters(first.rgb) == ["red", "green", "grey", "grey"]
    assert first.rgb.flags.c_contiguous


def test_oblong_pixels_are_made_square(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [scene()] * 2, 10, pixel_aspect=Fraction(3, 2))
    first, *_ = pictures(path, Detection())
    assert first.rgb.shape == (64, 192, 3)
    assert quarters(first.rgb) == ["red", "green", "grey", "grey"]


def test_oblong_pixels_of_a_turned_recording(tmp_path: Path) -> None:
    """A pixel's shape is told of the camera's picture, before it is turned."""
    seen_by_camera = np.rot90(scene(), k=-1)
    path = write_video(tmp_path / "clip.mp4", [seen_by_camera] * 2, 10, rotate=90, pixel_aspect=Fraction(2, 1))
    first, *_ = pictures(path, Detection())
    assert first.rgb.shape == (128, 128, 3)
