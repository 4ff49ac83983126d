"""The detector: what is hidden, what it gets wrong, and that it never loses a clip."""

import numpy as np

from pipeline.skeleton import FINGERS, skeleton
from pipeline.sources import detector, kinematic_hand

INDEX_FINGER = list(FINGERS).index("index")


def flat_hands(num_clips: int = 1, num_frames: int = 4) -> np.ndarray:
    """Straight fingers, the thumb out so that it lies before none of them."""
    angles = np.zeros((num_clips, num_frames, len(kinematic_hand.JOINTS)))
    angles[..., kinematic_hand.JOINTS.index("thumb_spread")] = 60
    return kinematic_hand.points(angles)


def ones(widths: np.ndarray) -> np.ndarray:
    return np.ones(widths.shape[:2])


def test_a_flat_hand_hides_nothing():
    assert not detector.hidden(flat_hands(), ones(flat_hands())).any()


def test_a_fingertip_behind_the_thumb_is_hidden_and_before_it_is_not():
    widths, place = flat_hands(), skeleton("hand").index
    widths[:, :2, place("index_tip")] = widths[:, :2, place("thumb_tip")] + [0, 0, 0.1]
    widths[:, 2:, place("index_tip")] = widths[:, 2:, place("thumb_tip")] - [0, 0, 0.1]
    behind = detector.hidden(widths, ones(widths))
    assert behind[0, :, INDEX_FINGER].tolist() == [[False, False, True]] * 2 + [[False, False, False]] * 2


def test_difficulty_0_changes_nothing():
    widths = flat_hands()
    found = detector.detect(widths, ones(widths), np.random.default_rng(0), difficulty=0)
    np.testing.assert_allclose(found, widths, atol=1e-12)


def test_depth_is_less_sure_than_place_and_the_wrist_stays_its_origin():
    widths = flat_hands(400, 2)
    moved = detector.detect(widths, ones(widths), np.random.default_rng(0), difficulty=1) - widths
    x, y, z = np.nanstd(moved, axis=(0, 1, 2))
    assert 0.01 < x < 0.03
    assert 0.01 < y < 0.03
    assert z > 2 * x
    np.testing.assert_array_equal(np.nan_to_num(moved[:, :, 0, 2]), 0)


def test_misses_spare_a_frame_of_every_clip():
    widths = flat_hands(400, 3)
    found = detector.detect(widths, ones(widths), np.random.default_rng(0), difficulty=3)
    missed = np.isnan(found).any(axis=-1)
    assert missed.all(axis=2).any(), "some frames show no hand"
    assert (missed.any(axis=2) & ~missed.all(axis=2)).any(), "some points are missed one by one"
    assert (~missed).all(axis=2).any(axis=1).all()


def test_hidden_fingers_slip_onto_a_neighbour():
    widths, tips = flat_hands(200, 8), skeleton("hand").indices("index_pip", "index_dip", "index_tip")
    thumb = skeleton("hand").indices("thumb_mcp", "thumb_ip", "thumb_tip")
    widths[:, :, tips] = widths[:, :, thumb] + [0.01, 0, 0.1]
    found = detector.detect(widths, ones(widths), np.random.default_rng(0), difficulty=1)
    moved = np.abs(found[:, :, tips, 1] - widths[:, :, tips, 1]).max(axis=(1, 2))
    assert 0.3 < np.nanmean(moved > 0.15) < 0.7
