"""The signer's body: arms that reach, bones that keep their length, a left that mirrors the right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.skeleton import skeleton
from pipeline.sources import kinematic_hand, signing_body
from pipeline.sources.signing_body import AVERAGE, SHOULDER

SKELETON = skeleton("holistic")
OUT, DOWN, FORWARD = np.array([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
PLACES = arrays(np.float64, (4, 2, 3), elements=st.floats(-2, 2))
TURNS = arrays(np.float64, (4, 2, 3), elements=st.floats(-180, 180))
STILL = np.zeros((4, 3))
MOVING_BONES = [
    (a, b)
    for a, b in SKELETON.edges
    if not any(leg in a + b for leg in ("knee", "ankle", "heel", "foot", "hip")) and a != f"pose_{b}"
]


def at(points: np.ndarray, name: str) -> np.ndarray:
    return points[..., SKELETON.index(name), :]


def bodies(place: np.ndarray, turns: np.ndarray | None = None, *, body=AVERAGE, trunk=STILL, head=STILL) -> np.ndarray:
    turns = np.zeros_like(place) if turns is None else turns
    angles = np.full((*place.shape[:2], len(kinematic_hand.JOINTS)), 20.0)
    return signing_body.points(
        body,
        place,
        kinematic_hand.orientation(turns),
        angles,
        pole=np.stack([DOWN, DOWN]),
        head_deg=head[: len(place)],
        trunk_deg=trunk[: len(place)],
    )


def test_a_bent_elbow_is_where_pythagoras_says():
    """Upper arm 0.88, forearm 0.73; a wrist straight before the shoulder, the elbow below the line."""
    reach = np.hypot(0.88, 0.73)
    elbow, wrist = signing_body.reach(AVERAGE, SHOULDER + reach * FORWARD, DOWN)
    np.testing.assert_allclose(wrist, SHOULDER + reach * FORWARD)
    np.testing.assert_allclose(elbow, SHOULDER + np.array([0, 0.88 * 0.73 / reach, -(0.88**2) / reach]), atol=1e-12)


def test_what_is_out_of_reach_is_reached_for_with_a_straight_arm():
    elbow, wrist = signing_body.reach(AVERAGE, SHOULDER + 9.0 * OUT, DOWN)
    arm = signing_body.BENT_AT_LEAST * (0.88 + 0.73)
    np.testing.assert_allclose(wrist, SHOULDER + arm * OUT)
    assert np.linalg.norm(elbow - (SHOULDER + 0.88 * OUT)) < 0.15


@settings(max_examples=40, deadline=None)
@given(PLACES, TURNS)
def test_no_place_stretches_a_bone(place, turns):
    points = bodies(place, turns)
    assert np.isfinite(points).all()
    for side in ("left", "right"):
        upper = at(points, f"pose_{side}_elbow") - at(points, f"pose_{side}_shoulder")
        fore = at(points, f"pose_{side}_wrist") - at(points, f"pose_{side}_elbow")
        np.testing.assert_allclose(np.linalg.norm(upper, axis=-1), AVERAGE.upper_arm, atol=1e-9)
        np.testing.assert_allclose(np.linalg.norm(fore, axis=-1), AVERAGE.forearm, atol=1e-9)
        palm = at(points, f"{side}_hand_middle_mcp") - at(points, f"{side}_hand_wrist")
        np.testing.assert_allclose(np.linalg.norm(palm, axis=-1), AVERAGE.hand_length * 0.505, atol=1e-9)


def test_a_turning_trunk_and_head_keep_the_bones():
    place = np.array([[[-0.3, 0.2, -0.8], [-0.2, 0.5, -0.6]]])
    turned = np.array([[15.0, 8.0, -5.0]])
    still, moved = bodies(place), bodies(place, trunk=turned, head=-turned)
    for a, b in MOVING_BONES:
        before, after = (np.linalg.norm(at(p, a) - at(p, b)) for p in (still, moved))
        np.testing.assert_allclose(before, after, atol=1e-9, err_msg=f"{a} to {b}")
    assert np.linalg.norm(at(still, "pose_nose") - at(moved, "pose_nose")) > 0.1
    np.testing.assert_array_equal(at(still, "pose_left_ankle"), at(moved, "pose_left_ankle"))


def test_the_wrists_of_hand_and_pose_are_one_and_its_knuckles_too():
    points = bodies(np.random.default_rng(0).uniform(-1, 1, (4, 2, 3)))
    for side in ("left", "right"):
        for own, of_hand in {"wrist": "wrist", "index": "index_mcp", "pinky": "pinky_mcp", "thumb": "thumb_ip"}.items():
            np.testing.assert_array_equal(at(points, f"pose_{side}_{own}"), at(points, f"{side}_hand_{of_hand}"))


def test_a_place_is_that_of_the_hands_middle():
    """An upright hand: the wrist lies 0.45 hand lengths below the place, the left one's on the other side."""
    points = bodies(np.array([[[-0.4, 0.3, -0.7], [-0.1, 0.3, -0.7]]]))
    np.testing.assert_allclose(at(points, "right_hand_wrist")[0], [-0.4, 0.3 + 0.45 * 0.52, -0.7], atol=1e-9)
    np.testing.assert_allclose(at(points, "left_hand_wrist")[0], [0.1, 0.3 + 0.45 * 0.52, -0.7], atol=1e-9)


def test_both_hands_alike_make_a_body_that_is_its_own_mirror_image():
    place = np.repeat(np.random.default_rng(0).uniform(-1, 1, (4, 1, 3)), 2, axis=1)
    turns = np.repeat(np.random.default_rng(1).uniform(-90, 90, (4, 1, 3)), 2, axis=1)
    points = bodies(place, turns)
    np.testing.assert_allclose(signing_body.mirror(points), points, atol=1e-12)


def test_mirroring_twice_changes_nothing():
    points = np.random.default_rng(0).normal(size=(2, 75, 3))
    np.testing.assert_array_equal(signing_body.mirror(signing_body.mirror(points)), points)


def test_left_is_at_the_pictures_right_and_a_face_looks_at_the_viewer():
    points = bodies(np.array([[[-0.5, 1.2, -0.2]] * 2]))[0]
    for name in ("shoulder", "hip", "ear", "eye", "knee"):
        assert at(points, f"pose_left_{name}")[0] > 0 > at(points, f"pose_right_{name}")[0]
    assert at(points, "pose_nose")[2] < at(points, "pose_left_eye")[2] < at(points, "pose_left_ear")[2] < 0
    heights = [
        at(points, f"pose_{name}")[1] for name in ("left_eye", "nose", "mouth_left", "left_shoulder", "left_hip")
    ]
    assert heights == sorted(heights)


@pytest.mark.parametrize("seed", range(5))
def test_people_differ_within_reason(seed):
    rng = np.random.default_rng(seed)
    body = signing_body.draw(rng, kinematic_hand.draw(rng))
    for name in ("upper_arm", "forearm", "trunk", "hand_length"):
        assert 0.75 < getattr(body, name) / getattr(AVERAGE, name) < 1.3
        assert getattr(body, name) != getattr(AVERAGE, name)


def test_a_location_moves_with_the_persons_head_trunk_and_reach():
    tall = signing_body.Body(
        **{**vars(AVERAGE), "head": AVERAGE.head * 1.1, "trunk": AVERAGE.trunk * 1.2, "upper_arm": 0.88 + 0.161}
    )
    np.testing.assert_allclose(tall.place(np.array([-0.2, -1.0, -0.5])), [-0.2, -1.1, -0.55])
    np.testing.assert_allclose(tall.place(np.array([-0.2, 1.0, -0.5])), [-0.2, 1.2, -0.55])
