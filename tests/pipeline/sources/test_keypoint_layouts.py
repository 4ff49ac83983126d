"""Which number is which point, for every layout that has a name; what is not seen; what is refused."""

import logging
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.keypoint_layouts import BY_WIDTH, NAMED, layout, points
from tests.bodies import HOLISTIC, LEFT, POSE, RIGHT, keypoints, make_clip

WHERE = Path("clip.npy")
PLACE = {"left_hand": LEFT, "right_hand": RIGHT, "pose": POSE}


def read(frames: np.ndarray, name: str = "auto") -> np.ndarray:
    return points(frames, layout(name, frames.shape[1], WHERE), f"'{WHERE}'")


@pytest.mark.parametrize("name", list(NAMED))
def test_every_layout_puts_every_point_in_its_place(name: str):
    clip = make_clip(3, right=0.01)
    got = read(keypoints(clip, *NAMED[name].split()), name)
    assert got.shape == (3, 75, 3)
    for block in NAMED[name].split():
        part, coordinates = block.split(":")
        if part != "skip":
            np.testing.assert_array_equal(got[:, PLACE[part], :2], clip[:, PLACE[part], :2])
            np.testing.assert_array_equal(got[:, PLACE[part], 2], clip[:, PLACE[part], 2] if "z" in coordinates else 0)
    named = {block.split(":")[0] for block in NAMED[name].split()}
    for part in set(PLACE) - named:
        assert np.isnan(got[:, PLACE[part]]).all()


@pytest.mark.parametrize(("width", "name"), BY_WIDTH.items())
def test_auto_goes_by_the_width(width: int, name: str):
    by = layout("auto", width, WHERE)
    assert (by.name, by.width) == (name, width)


def test_225_is_pose_first_unless_it_is_named():
    clip = make_clip(2)
    np.testing.assert_array_equal(read(clip.reshape(2, 225), "hands_pose_xyz"), clip)
    np.testing.assert_array_equal(read(clip[:, [*POSE, *LEFT, *RIGHT]].reshape(2, 225)), clip)


def test_170_numbers_are_read_with_a_warning(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        read(keypoints(make_clip(), *NAMED["pose_hands_170"].split()))
        read(keypoints(make_clip(), *NAMED["pose_hands_170"].split()), "pose_hands_170")
    assert [r.getMessage() for r in caplog.records] == [
        "'clip.npy': 170 numbers a frame are read as 'pose:xy left_hand:xy right_hand:xy skip:20'; "
        "if they are others, say which in data.layout."
    ]


def test_a_layout_may_be_spelt_out():
    clip = make_clip(2)
    got = read(keypoints(clip, "skip:4", "right_hand:xyv", "pose:xyz"), "skip:4 right_hand:xyv pose:xyz")
    np.testing.assert_array_equal(got[:, RIGHT, :2], clip[:, RIGHT, :2])
    np.testing.assert_array_equal(got[:, POSE], clip[:, POSE])
    assert np.isnan(got[:, LEFT]).all()


def test_zeros_and_nan_are_not_seen():
    clip = make_clip(5)
    clip[0, LEFT] = 0
    clip[1, LEFT] = np.nan
    clip[2, RIGHT[4]] = 0
    clip[3, RIGHT[4], 1] = np.nan
    got = read(clip.reshape(5, 225), "hands_pose_xyz")
    seen = ~np.isnan(got).any(-1)
    np.testing.assert_array_equal(seen[:, LEFT].all(1), [False, False, True, True, True])
    assert not seen[:2, LEFT].any()
    assert not seen[[2, 3], RIGHT[4]].any()
    assert seen.sum() == 5 * 75 - 2 * 21 - 2
    assert np.isnan(got[~seen]).all()


def test_a_wrist_whose_depth_is_zero_is_seen_and_so_is_a_joint_of_little_visibility():
    frames = keypoints(make_clip(1), *NAMED["pose_hands"].split())
    frames[:, 3:132:4] = 0.001
    assert not np.isnan(read(frames)).any()


def test_half_precision_is_read():
    assert read(keypoints(make_clip(1), *NAMED["hands"].split()).astype(np.float16)).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "width", "message"),
    [
        (
            "auto",
            63,
            r"clip\.npy': expected 1662, 258, 225, 170, 150 or 126 numbers a frame, got 63\. Say in data\.layout",
        ),
        ("hands", 258, r"expected 126 numbers a frame \(data\.layout 'hands'\), got 258"),
        ("holistc", 258, r"unknown layout 'holistc'\. Valid: auto, holistic, .*hands, or blocks in order"),
        ("pose:xz", 66, "unknown layout 'pose:xz'"),
        ("skip:x", 66, "unknown layout 'skip:x'"),
        ("pose:xy:z", 66, "unknown layout"),
        ("", 66, "unknown layout ''"),
    ],
)
def test_a_wrong_layout_is_named(name: str, width: int, message: str):
    with pytest.raises(InputError, match=message):
        layout(name, width, WHERE)


def test_pixels_are_refused():
    clip = make_clip(3)
    clip[2, LEFT[8], :2] = 320, 240
    with pytest.raises(
        InputError, match=rf"frame 2, {HOLISTIC.points[LEFT[8]]}: .*got 320, 240\. These look like pixels"
    ):
        read(clip.reshape(3, 225), "hands_pose_xyz")
