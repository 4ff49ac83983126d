"""The figures of a whole body that drift reports compare, on bodies that one checks by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.samples import Samples
from pipeline.summary import summarise
from tests.bodies import HAND_SIZE, LEFT, POSE, RIGHT, SHOULDER_WIDTH, make_clip, signed

RELATIVE = ["left_height", "right_height", "left_speed", "right_speed", "wrist_distance", "jitter"]


def row(samples: Samples) -> pd.Series:
    return summarise(samples).iloc[0]


def test_a_still_body():
    figures = row(signed(make_clip(3), fps=10))
    shares = ["seen_share", "pose_seen_share", "left_seen_share", "right_seen_share", "both_seen_share"]
    assert figures[shares].tolist() == [1.0] * 5
    assert figures["num_frames"] == 3
    assert figures["fps"] == 10
    assert figures["shoulder_width"] == pytest.approx(SHOULDER_WIDTH)
    assert figures["shoulder_tilt_deg"] == pytest.approx(0, abs=1e-4)
    assert (figures["centre_x"], figures["centre_y"]) == (pytest.approx(0.5), pytest.approx(0.4))
    assert (figures["left_size"], figures["right_size"]) == (pytest.approx(HAND_SIZE), pytest.approx(HAND_SIZE))
    assert figures["left_height"] == pytest.approx(-0.3 / SHOULDER_WIDTH)
    assert figures["wrist_distance"] == pytest.approx(0.4 / SHOULDER_WIDTH)
    assert (figures["left_speed"], figures["jitter"]) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_each_hand_has_its_speed_in_shoulder_widths_per_second():
    clip = make_clip(5, right=0.025)  # a tenth of the shoulders' width
    figures = row(signed(clip, fps=20))
    assert figures["right_speed"] == pytest.approx(2.0, rel=1e-4)
    assert figures["left_speed"] == pytest.approx(0, abs=1e-6)
    assert row(signed(clip))["right_speed"] == pytest.approx(0.1, rel=1e-4)


def test_jitter_is_what_turns_back():
    clip = make_clip(5)
    clip[1::2, [*LEFT, *RIGHT], 0] += 0.025
    assert row(signed(clip))["jitter"] == pytest.approx(0.2, rel=1e-4)


def test_shoulders_tilt_clockwise():
    clip = make_clip(2)
    turn = np.radians(20)
    x, y = clip[..., 0] - 0.5, clip[..., 1] - 0.5
    clip[..., 0], clip[..., 1] = 0.5 + x * np.cos(turn) - y * np.sin(turn), 0.5 + x * np.sin(turn) + y * np.cos(turn)
    assert row(signed(clip))["shoulder_tilt_deg"] == pytest.approx(20, abs=1e-3)


def test_parts_are_counted_by_themselves():
    clip = make_clip(4)
    clip[:2, LEFT] = np.nan
    clip[1:3, POSE] = np.nan
    clip[1, RIGHT] = np.nan
    figures = row(signed(clip))
    assert figures["seen_share"] == 0.75
    assert figures["left_seen_share"] == 0.5
    assert figures["right_seen_share"] == 0.75
    assert figures["both_seen_share"] == 0.5
    assert figures["pose_seen_share"] == 0.5


def test_what_cannot_be_measured_is_nan():
    hands = make_clip(3)
    hands[:, POSE] = np.nan
    figures = row(signed(hands, fps=10))
    assert figures["left_size"] == pytest.approx(HAND_SIZE)
    assert figures[["shoulder_width", "centre_x", *RELATIVE]].isna().all()
    nothing = row(signed(make_clip(3) * np.nan))
    counted = [name for name in nothing.index if name.endswith("seen_share")] + ["num_frames", "aspect"]
    assert nothing["seen_share"] == 0
    assert nothing.drop(counted).isna().all()


def test_the_aspect_is_undone():
    clip = make_clip(3, right=0.02)
    wide = clip.copy()
    wide[..., [0, 2]] /= 2
    one, two = (row(samples).drop(["aspect", "centre_x"]) for samples in (signed(wide, aspect=2.0), signed(clip)))
    pd.testing.assert_series_equal(one, two, rtol=1e-5, atol=1e-5)
    assert row(signed(wide, aspect=2.0))["centre_x"] == pytest.approx(0.25), "a share of the picture's width"


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.5, 1.5), x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3))
def test_moving_and_scaling_the_signer_change_only_place_and_size(scale: float, x: float, y: float):
    samples = signed(make_clip(5, right=0.02, left=-0.01), fps=10)
    before = row(samples)
    after = row(replace(samples, values=(samples.values * scale + [x, y, 0]).astype(np.float32)))
    for name in ("shoulder_width", "left_size", "right_size"):
        assert after[name] == pytest.approx(before[name] * scale, rel=1e-3)
    assert after["centre_x"] == pytest.approx(before["centre_x"] * scale + x, abs=1e-5)
    np.testing.assert_allclose(after[RELATIVE].astype(float), before[RELATIVE].astype(float), rtol=2e-3, atol=1e-4)


def test_a_clip_does_not_depend_on_its_neighbours():
    clips = [make_clip(frames, right=0.01 * frames) for frames in (3, 1, 4)]
    clips[2][1, RIGHT] = np.nan
    samples = signed(*clips, fps=10)
    whole = summarise(samples)
    for i in range(3):
        alone = summarise(samples.select(np.array([i])))
        pd.testing.assert_frame_equal(alone, whole.iloc[[i]].reset_index(drop=True))
