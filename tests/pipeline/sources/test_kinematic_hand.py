"""The kinematic hand: lengths, directions and limits that one checks by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.skeleton import FINGERS, skeleton
from pipeline.sources import kinematic_hand as kh

ANGLES = arrays(np.float64, (3, len(kh.JOINTS)), elements=st.floats(-400, 400))
THREE = arrays(np.float64, (2, 3), elements=st.floats(-360, 360))
INDEX = skeleton("hand").index


def bent(**degrees: float) -> np.ndarray:
    """Joint angles of a flat hand, but for those named."""
    angles = np.zeros(len(kh.JOINTS))
    for joint, value in degrees.items():
        angles[kh.JOINTS.index(joint)] = value
    return angles


def point(points: np.ndarray, name: str) -> np.ndarray:
    return points[..., INDEX(name), :]


def bone_lengths(points: np.ndarray) -> np.ndarray:
    chains = np.array([skeleton("hand").indices(*chain) for chain in FINGERS.values()])
    return np.linalg.norm(np.diff(points[..., chains, :], axis=-2), axis=-1)


@pytest.mark.parametrize("finger", ["index", "middle", "ring", "pinky"])
def test_a_straight_finger_is_as_long_as_its_bones_and_points_up(finger):
    flat = kh.points(bent())
    reach = point(flat, f"{finger}_tip") - point(flat, f"{finger}_mcp")
    row = list(FINGERS).index(finger)
    np.testing.assert_allclose(reach, [0, -kh.AVERAGE.bones[row].sum(), 0], atol=1e-12)


def test_the_middle_finger_ends_one_hand_length_from_the_wrist():
    flat = kh.points(bent())
    np.testing.assert_allclose(point(flat, "wrist"), 0)
    np.testing.assert_allclose(point(flat, "middle_tip"), [0, -1, 0], atol=1e-12)


def test_a_knuckle_bent_by_90_points_the_finger_at_the_viewer():
    points = kh.points(bent(index_mcp=90))
    reach = point(points, "index_tip") - point(points, "index_mcp")
    np.testing.assert_allclose(reach, [0, 0, -kh.AVERAGE.bones[1].sum()], atol=1e-12)


def test_bends_add_up_along_the_finger():
    points = kh.points(bent(index_mcp=90, index_pip=90))
    first, second, third = kh.AVERAGE.bones[1]
    reach = point(points, "index_tip") - point(points, "index_mcp")
    np.testing.assert_allclose(reach, [0, second + third, -first], atol=1e-12)


def test_fingers_spread_away_from_the_middle_one():
    points = kh.points(bent(index_abduct=20, ring_abduct=20))
    assert point(points, "index_tip")[0] > point(points, "index_mcp")[0]
    assert point(points, "ring_tip")[0] < point(points, "ring_mcp")[0]


def test_the_thumb_stands_out_lifts_and_bends_across():
    tip, base = "thumb_tip", "thumb_cmc"
    total, metacarpal = kh.AVERAGE.bones[0].sum(), kh.AVERAGE.bones[0, 0]
    out = kh.points(bent(thumb_spread=90))
    np.testing.assert_allclose(point(out, tip) - point(out, base), [total, 0, 0], atol=1e-12)
    lifted = kh.points(bent(thumb_palmar=30))
    np.testing.assert_allclose((point(lifted, tip) - point(lifted, base))[2], -total / 2, atol=1e-12)
    across = kh.points(bent(thumb_ip=90))
    np.testing.assert_allclose(
        point(across, tip) - point(across, base),
        [-kh.AVERAGE.bones[0, 2], -metacarpal - kh.AVERAGE.bones[0, 1], 0],
        atol=1e-12,
    )


@settings(max_examples=30, deadline=None)
@given(ANGLES)
def test_no_angle_leaves_the_limits_or_stretches_a_bone(angles):
    clipped = kh.clip_to_limits(angles)
    assert (clipped >= kh.LOWEST).all()
    assert (clipped <= kh.HIGHEST).all()
    points = kh.points(angles)
    np.testing.assert_allclose(points, kh.points(clipped))
    np.testing.assert_allclose(bone_lengths(points), np.broadcast_to(kh.AVERAGE.bones, (3, 5, 3)), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(THREE)
def test_an_orientation_turns_and_does_not_mirror(degrees):
    matrix = kh.orientation(degrees)
    np.testing.assert_allclose(matrix @ np.swapaxes(matrix, -1, -2), np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(matrix), 1)


def test_turn_tip_and_roll_go_where_they_say():
    up, palm = kh.DISTAL[None], kh.PALMAR[None]
    turned, tipped, rolled = kh.orientation(np.diag([90.0, 90.0, 90.0]))
    np.testing.assert_allclose(kh.rotate(palm, turned), [[1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(kh.rotate(up, tipped), [[0, 0, -1]], atol=1e-12)
    np.testing.assert_allclose(kh.rotate(up, rolled), [[1, 0, 0]], atol=1e-12)


def test_leading_axes_are_kept_and_independent():
    angles = np.stack([bent(), bent(index_pip=50)]).reshape(2, 1, -1)
    points = kh.points(angles)
    assert points.shape == (2, 1, 21, 3)
    np.testing.assert_array_equal(points[1, 0], kh.points(angles[1, 0]))


def test_mirroring_twice_changes_nothing():
    points = kh.points(bent(thumb_spread=30))
    np.testing.assert_array_equal(kh.mirror(kh.mirror(points)), points)
    np.testing.assert_array_equal(kh.mirror(points)[:, 0], -points[:, 0])
