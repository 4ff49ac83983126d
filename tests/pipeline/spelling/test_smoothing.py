import math

import pytest

from pipeline.spelling.smoothing import Smoothing

HALF = 0.5 * math.log(2)  # in this time an average of half a second takes over half of a change


def test_half_of_a_change_is_taken_over_in_the_time_that_says_so():
    smoothing = Smoothing(0.5)
    assert smoothing.push(0.0, {"A": 1.0}) == {"A": 1.0}
    assert smoothing.push(HALF, {"B": 1.0}) == pytest.approx({"A": 0.5, "B": 0.5})
    assert smoothing.push(2 * HALF, {"B": 1.0}) == pytest.approx({"A": 0.25, "B": 0.75})


def test_without_a_hand_all_fall_together():
    smoothing = Smoothing(0.5)
    smoothing.push(0.0, {"A": 0.8, "B": 0.2})
    assert smoothing.push(HALF, {}) == pytest.approx({"A": 0.4, "B": 0.1})


def test_the_frame_rate_does_not_matter():
    slow, fast = Smoothing(0.5), Smoothing(0.5)
    for smoothing, frames in ((slow, 15), (fast, 60)):
        smoothing.push(0.0, {"A": 1.0})
        for n in range(1, frames + 1):
            smoothing.push(n / frames, {"B": 1.0})
    assert fast.values == pytest.approx(slow.values)
    assert fast.values["A"] == pytest.approx(math.exp(-2))


def test_no_smoothing_takes_each_frame_as_it_is():
    smoothing = Smoothing(0.0)
    smoothing.push(0.0, {"A": 1.0})
    assert smoothing.push(0.0, {"B": 0.7}) == {"A": 0.0, "B": 0.7}


def test_after_a_reset_the_first_frame_counts_whole():
    smoothing = Smoothing(0.5)
    smoothing.push(0.0, {"A": 1.0})
    smoothing.reset()
    assert smoothing.push(0.1, {"B": 1.0}) == {"B": 1.0}
