"""The camera before a signer: a picture whose numbers one computes by hand."""

import numpy as np
import pytest

from pipeline.skeleton import skeleton
from pipeline.sources import signing_camera
from pipeline.sources.signing_camera import Camera

SKELETON = skeleton("holistic")
NOSE, WRIST, TIP = SKELETON.indices("pose_nose", "right_hand_wrist", "right_hand_middle_tip")


def camera(aspect: float = 1.0, aim: tuple[float, float] = (0, 0), yaw: float = 0.0) -> Camera:
    """Two shoulder widths away, one focal length to the picture's width."""
    return Camera(
        rotation=np.array([[yaw, 0, 0]]),
        aim=np.array([aim], float),
        distance=np.array([2.0]),
        focal=np.array([1.0]),
        aspect=np.array([aspect]),
    )


def signer(**places: tuple[float, float, float]) -> np.ndarray:
    points = np.zeros((1, 75, 3))
    for name, place in places.items():
        points[0, SKELETON.index(name)] = place
    return points


def project(points: np.ndarray, view: Camera) -> np.ndarray:
    return signing_camera.project(points, view, np.zeros(len(points), int))[0]


def test_a_point_is_as_far_from_the_middle_as_its_depth_says():
    found = project(signer(pose_nose=(0.5, -0.5, 0), right_hand_wrist=(0.5, -0.5, -1)), camera())
    np.testing.assert_allclose(found[NOSE, :2], [0.75, 0.25])
    np.testing.assert_allclose(found[WRIST, :2], [1.0, 0.0])


@pytest.mark.parametrize("aspect", [4 / 3, 1.0, 9 / 16])
def test_y_is_in_picture_heights(aspect):
    found = project(signer(pose_nose=(0.2, 0.2, 0)), camera(aspect))
    np.testing.assert_allclose(found[NOSE, :2] - 0.5, [0.1, 0.1 * aspect])


def test_what_the_camera_aims_at_is_in_the_middle():
    found = project(signer(pose_nose=(0.2, -0.6, 0)), camera(aim=(0.2, -0.6)))
    np.testing.assert_allclose(found[NOSE, :2], [0.5, 0.5])


def test_the_poses_depth_is_from_the_hips_and_a_hands_from_its_wrist():
    places = {"pose_left_hip": (0.3, 1, 0.2), "pose_right_hip": (-0.3, 1, 0.0), "pose_nose": (0, 0, -0.5)}
    found = project(signer(**places, right_hand_wrist=(0, 0, -1), right_hand_middle_tip=(0, 0, -1.25)), camera())
    np.testing.assert_allclose(found[NOSE, 2], (-0.5 - 0.1) / 2)
    np.testing.assert_allclose(found[WRIST, 2], 0)
    np.testing.assert_allclose(found[TIP, 2], -0.25 / 1)


def test_who_turns_shows_a_shoulder():
    found = project(signer(pose_left_shoulder=(0.5, 0, 0)), camera(yaw=90))
    np.testing.assert_allclose(found[SKELETON.index("pose_left_shoulder"), 0], 0.5)


def test_nothing_is_behind_the_camera():
    assert np.isfinite(project(signer(pose_nose=(0.1, 0, -5)), camera())).all()


def test_difficulty_0_is_frontal_and_fills_the_pictures_height_alike_whatever_its_format():
    drawn = [signing_camera.draw(np.random.default_rng(seed), 3, difficulty=0) for seed in range(12)]
    assert len({float(each.aspect[0]) for each in drawn}) > 2
    for each in drawn:
        np.testing.assert_array_equal(each.rotation, 0)
        assert (each.scale * each.aspect > 0.24).all()
        assert (each.scale * each.aspect < 0.34).all()
