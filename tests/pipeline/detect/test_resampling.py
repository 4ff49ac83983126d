"""Which frames are kept: counted by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.resampling import kept


def rows(times: list[Fraction], fps: float | None) -> list[int]:
    """Returns the number of the frame that each row shows."""
    return [number for _, number, count in kept(zip(times, range(len(times)), strict=True), fps) for _ in range(count)]


def steady(frames: int, fps: int) -> list[Fraction]:
    return [Fraction(number, fps) for number in range(frames)]


@pytest.mark.parametrize(
    ("recorded", "fps", "expected"),
    [
        (steady(6, 30), None, [0, 1, 2, 3, 4, 5]),
        (steady(6, 30), 30, [0, 1, 2, 3, 4, 5]),
        (steady(6, 30), 15, [0, 2, 4]),
        (steady(6, 30), 20, [0, 1, 3, 4]),  # 50 ms is as near to 33 as to 67: the earlier; 150 ms likewise
        (steady(3, 10), 20, [0, 0, 1, 1, 2, 2]),
        (steady(1, 10), 25, [0]),
        ([], 25, []),
        ([Fraction(0), Fraction(1, 10), Fraction(5, 10), Fraction(6, 10)], 10, [0, 1, 1, 1, 2, 2, 3]),  # a gap is held
        ([Fraction(n, 1000) for n in (0, 33, 67, 100, 133, 167)], 10, [0, 3]),  # whole milliseconds, as in webm
    ],
)
def test_each_instant_takes_the_nearest_frame(recorded: list[Fraction], fps: float | None, expected: list[int]) -> None:
    assert rows(recorded, fps) == expected


def test_instants_count_from_the_first_frame() -> None:
    assert rows([Fraction(7, 3) + time for time in steady(6, 30)], 15) == [0, 2, 4]


@given(st.integers(2, 60), st.integers(1, 60), st.integers(1, 60))
def test_the_clip_lasts_as_long_as_the_recording(frames: int, recorded: int, fps: int) -> None:
    shown = rows(steady(frames, recorded), fps)
    assert abs(len(shown) - frames * fps / recorded) < 1
    assert shown == sorted(shown)
