"""The figures of a clip that drift reports compare, on hands that one checks by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.samples import Samples, from_clips
from pipeline.summary import summarise
from tests.factories import make_hand, make_samples


def one_clip(*frames: np.ndarray, **options) -> Samples:
    return from_clips([np.stack(frames)], target=[0], group=["g"], ids=["i"], class_names=("A",), **options)


def row(samples: Samples) -> pd.Series:
    return summarise(samples).iloc[0]


def test_a_still_upright_hand():
    figures = row(one_clip(make_hand(size=0.25), handedness=1))
    assert figures["seen_share"] == 1
    assert figures["point_missing_share"] == 0
    assert figures["num_frames"] == 1
    assert figures["handedness"] == "right"
    assert figures["hand_size"] == pytest.approx(0.25)
    assert figures["tilt_deg"] == pytest.approx(0, abs=1e-4)
    assert figures["depth_range"] == pytest.approx(0, abs=1e-6)
    assert figures[["fps", "speed", "jitter"]].isna().all()


def test_place_is_a_share_of_the_picture():
    figures = row(one_clip(np.tile(np.float32([0.2, 0.6, 0]), (21, 1))))
    assert figures["centre_x"] == pytest.approx(0.2)
    assert figures["centre_y"] == pytest.approx(0.6)
    assert np.isnan(figures["spread"]), "a hand without a length has no unit"


@pytest.mark.parametrize("turn", [-170.0, -45.0, 30.0, 90.0])
def test_tilt_is_clockwise_and_undone_of_the_aspect(turn: float):
    hand = make_hand(turn_deg=turn)
    assert row(one_clip(hand))["tilt_deg"] == pytest.approx(turn, abs=1e-3)
    hand[:, [0, 2]] /= 16 / 9
    figures = row(one_clip(hand, aspect=16 / 9))
    assert figures["tilt_deg"] == pytest.approx(turn, abs=1e-3)
    assert figures["hand_size"] == pytest.approx(0.25)


def test_tilt_does_not_average_across_the_lower_end():
    figures = row(one_clip(make_hand(turn_deg=179), make_hand(turn_deg=-179)))
    assert abs(figures["tilt_deg"]) == pytest.approx(180, abs=1e-3)


def test_speed_is_in_hand_lengths_per_second():
    step = np.array([0.05, 0, 0], np.float32)  # a fifth of the hand
    frames = [make_hand(size=0.25) + i * step for i in range(4)]
    assert row(one_clip(*frames, fps=10))["speed"] == pytest.approx(2.0, rel=1e-4)
    assert row(one_clip(*frames))["speed"] == pytest.approx(0.2, rel=1e-4)
    assert row(one_clip(*frames))["jitter"] == pytest.approx(0, abs=1e-5)


def test_jitter_is_what_turns_back():
    step = np.array([0.025, 0, 0], np.float32)  # a tenth of the hand, there and back
    figures = row(one_clip(*[make_hand(size=0.25) + (i % 2) * step for i in range(5)]))
    assert figures["jitter"] == pytest.approx(0.2, rel=1e-4)


def test_spread_and_depth_tell_a_fist_from_an_open_hand():
    figures = summarise(
        from_clips(
            [make_hand()[None], make_hand([0] * 5)[None]], target=[0, 0], group="gg", ids="ab", class_names=("A",)
        )
    )
    assert figures["spread"][0] > figures["spread"][1]
    assert figures["depth_range"][0] < figures["depth_range"][1]


def test_what_was_not_seen_is_counted_and_left_out():
    hidden = np.full((21, 3), np.nan, np.float32)
    partly = make_hand()
    partly[[4, 8, 12]] = np.nan
    figures = row(one_clip(make_hand(), hidden, partly, hidden))
    assert figures["seen_share"] == 0.5
    assert figures["point_missing_share"] == pytest.approx(3 / 42)
    assert figures["hand_size"] == pytest.approx(0.25)
    assert np.isnan(figures["speed"])
    nothing = row(one_clip(hidden))
    assert nothing["seen_share"] == 0
    numbers = nothing.drop(["seen_share", "num_frames", "aspect", "handedness"])
    assert numbers.isna().all()


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.5, 1.5), x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3))
def test_moving_and_scaling_change_only_place_and_size(scale: float, x: float, y: float):
    samples = make_samples(num_groups=1, frames=(3, 5), fps=10, missing=0.1)
    changed = replace(samples, values=(samples.values * scale + [x, y, 0]).astype(np.float32))
    before, after = summarise(samples), summarise(changed)
    np.testing.assert_allclose(after["hand_size"], before["hand_size"] * scale, rtol=1e-3)
    np.testing.assert_allclose(after["centre_x"], before["centre_x"] * scale + x, atol=1e-5)
    kept = ["seen_share", "point_missing_share", "speed", "jitter", "spread", "depth_range"]
    np.testing.assert_allclose(after[kept], before[kept], rtol=2e-3)
    np.testing.assert_allclose(after["tilt_deg"], before["tilt_deg"], atol=0.05)


def test_a_clip_does_not_depend_on_its_neighbours():
    samples = make_samples(frames=(1, 4), missing=0.3)
    whole = summarise(samples)
    for i in range(0, len(samples), 5):
        alone = summarise(samples.select(np.array([i])))
        pd.testing.assert_frame_equal(alone, whole.iloc[[i]].reset_index(drop=True))
