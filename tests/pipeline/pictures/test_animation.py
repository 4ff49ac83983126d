"""GIFs: every frame shown, on time, side by side."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.drawing import LEFT, RIGHT
from pipeline.pictures import animation
from tests.bodies import make_clip, signed
from tests.factories import make_samples


@pytest.mark.parametrize(
    ("lengths", "rates", "frames", "durations_ms"),
    [
        ([4], [25.0], [[0], [1], [2], [3]], [40, 40, 40, 40]),
        ([3], [30.0], [[0], [1], [2]], [30, 40, 30]),
        ([4], [100.0], [[0], [2]], [20, 20]),  # twice as fast as a GIF may be: every other frame
        ([2, 4], [10.0, 20.0], [[0, 0], [0, 1], [1, 2], [1, 3]], [50, 50, 50, 50]),
        ([1, 3], [10.0, 10.0], [[0, 0], [0, 1], [0, 2]], [100, 100, 100]),
    ],
)
def test_which_frames_are_shown_and_how_long(
    lengths: list[int], rates: list[float], frames: list[list[int]], durations_ms: list[int]
):
    assert animation.timetable(np.asarray(lengths), np.asarray(rates)) == (frames, durations_ms)


@settings(max_examples=100, deadline=None)
@given(length=st.integers(1, 300), rate=st.floats(1, 50))
def test_a_clip_shows_all_its_frames_and_takes_its_time(length: int, rate: float):
    frames, durations_ms = animation.timetable(np.array([length]), np.array([rate]))
    assert [frame for (frame,) in frames] == list(range(length))
    assert sum(durations_ms) == pytest.approx(1000 * length / rate, abs=6)
    assert min(durations_ms) >= 20


def test_a_gif_moves_in_the_clips_own_aspect(tmp_path: Path):
    samples = signed(make_clip(5, right=0.05), fps=10.0, aspect=16 / 9)
    animation.write(tmp_path / "clip.gif", samples, height=180)
    with Image.open(tmp_path / "clip.gif") as gif:
        assert (gif.n_frames, gif.info["loop"], gif.info["duration"]) == (5, 0, 100)
        assert gif.size == (320 + 8, 180 + 14 + 8)
        pictures = [np.asarray((gif.seek(k), gif.convert("RGB"))[1]) for k in range(5)]

    def place(color: tuple[int, int, int], picture: np.ndarray) -> float:
        return float(np.argwhere((picture == color).all(-1))[:, 1].mean())

    moved = place(RIGHT, pictures[4]) - place(RIGHT, pictures[0])
    assert moved == pytest.approx(4 * 0.05 * 320, abs=4)
    assert place(LEFT, pictures[4]) == pytest.approx(place(LEFT, pictures[0]), abs=1)


def test_several_clips_of_other_lengths_and_rates_and_nothing_seen(tmp_path: Path):
    samples = make_samples(num_groups=1, classes="AB", clips=2, frames=(1, 4))
    samples.fps[:] = [10, 20, np.nan, 30]
    samples.values[: samples.lengths[0]] = np.nan
    for whole in (True, False):
        animation.write(tmp_path / "clips.gif", samples, height=200, whole=whole)
        with Image.open(tmp_path / "clips.gif") as gif:
            assert gif.size == (2 * (100 + 8), 2 * (100 + 14 + 8))
    assert animation.frame_rates(samples).tolist() == [10, 20, animation.UNKNOWN_FPS, 30]
