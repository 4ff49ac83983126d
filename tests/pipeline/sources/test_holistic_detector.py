"""What the detector loses and moves: hands outside, fast, hidden; depth more than place; nothing at difficulty 0."""

import numpy as np

from pipeline.skeleton import skeleton
from pipeline.sources import holistic_detector as hd

SKELETON = skeleton("holistic")
LEFT, RIGHT, POSE = (SKELETON.part(name) for name in ("left_hand", "right_hand", "pose"))
NUM_CLIPS, NUM_FRAMES = 200, 20
CLIP = np.repeat(np.arange(NUM_CLIPS), NUM_FRAMES)
SECONDS = np.tile(np.arange(NUM_FRAMES) / 20, NUM_CLIPS)
ONES = np.ones(len(CLIP))


def still() -> np.ndarray:
    """Everybody still, in the picture, the hands apart."""
    picture = np.full((len(CLIP), 75, 3), 0.5)
    picture[:, LEFT, 0], picture[:, RIGHT, 0] = 0.7, 0.3
    picture[..., 2] = 0.0
    return picture


def detect(picture: np.ndarray, difficulty: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return hd.detect(picture, 0.25 * ONES, ONES, CLIP, SECONDS, rng, difficulty)


def lost(found: np.ndarray, part: list[int]) -> float:
    return float(np.isnan(found[:, part[0], 0]).mean())


def test_difficulty_0_only_rounds():
    picture = still() + 0.0001234
    np.testing.assert_allclose(detect(picture, 0)[..., :2], picture[..., :2], atol=1 / hd.STEP)
    far = still()
    far[:, LEFT, 1] = 1.4
    near = still()
    near[:, RIGHT, 0] = 0.68
    assert not np.isnan(detect(far, 0)).any()
    assert not np.isnan(detect(near, 0)).any()


def test_a_part_is_found_whole_or_not_at_all():
    missing = np.isnan(detect(still(), 3)).any(axis=-1)
    for part in (LEFT, RIGHT, POSE):
        assert (missing[:, part].all(axis=1) == missing[:, part].any(axis=1)).all()
        assert missing[:, part].any()
    assert missing[missing[:, POSE[0]]].all(), "who is not found has no hands either"


def test_a_hand_out_of_the_picture_is_mostly_not_seen_and_its_pose_still_is():
    picture = still()
    picture[:, LEFT, 1] = 1.2
    picture[:, SKELETON.index("pose_left_wrist"), 1] = 1.2
    found = detect(picture, 1)
    assert lost(found, LEFT) > 0.95
    assert lost(found, RIGHT) < 0.1
    assert lost(found, POSE) < 0.02


def test_a_still_hand_is_seldom_lost_and_a_fast_one_more_often():
    fast = still()
    fast[:, LEFT, 1] = np.tile(np.where(np.arange(NUM_FRAMES) % 2, 0.3, 0.6), NUM_CLIPS)[:, None]
    found = detect(fast, 1)
    assert 0.005 < lost(found, RIGHT) < 0.06
    assert lost(found, LEFT) > lost(found, RIGHT) + 0.1


def test_of_two_hands_one_behind_the_other_the_farther_is_lost():
    picture = still()
    picture[:, RIGHT, 0] = 0.68
    picture[:, SKELETON.index("pose_right_wrist"), 2] = 0.2
    found = detect(picture, 1)
    assert lost(found, RIGHT) > lost(found, LEFT) + 0.05


def test_depth_is_less_sure_than_place_and_a_wrist_stays_its_hands_origin():
    moved = detect(still(), 1) - still()
    for part in (LEFT, POSE):
        x, y, z = np.nanstd(moved[:, part[1:]], axis=(0, 1))
        assert 0.7 < x / y < 1.4
        assert z > 2 * x
    np.testing.assert_array_equal(np.nan_to_num(moved[:, [LEFT[0], RIGHT[0]], 2]), 0)


def test_legs_outside_are_reported_and_unsure():
    picture = still()
    knee, shoulder = SKELETON.indices("pose_left_knee", "pose_left_shoulder")
    inside = np.nanstd((detect(picture, 1) - picture)[:, knee, :2])
    picture[:, knee, 1] = 1.5
    found = detect(picture, 1)
    assert np.isnan(found[:, knee]).mean() == np.isnan(found[:, shoulder]).mean()
    assert np.nanstd((found - picture)[:, knee, :2]) > 2 * inside


def test_whole_frames_are_lost_rarely_and_no_clip_is_lost_whole():
    nobody = np.isnan(detect(still(), 3)[:, POSE[0], 0]).reshape(NUM_CLIPS, NUM_FRAMES)
    assert 0.02 < nobody.any(axis=1).mean() < 0.2
    assert nobody.sum(axis=1).max() <= hd.FRAMES_LOST[1]


def test_jitter_is_alike_from_frame_to_frame_and_small_against_a_hand():
    moved = detect(still(), 1)[:, LEFT[5], 0].reshape(NUM_CLIPS, NUM_FRAMES) - 0.7
    steps = np.diff(moved, axis=1)
    assert 0.0002 < np.nanstd(steps) < 0.002
    assert np.nanstd(moved) > np.nanstd(steps)
