"""The camera: a picture whose numbers one computes by hand."""

import numpy as np
import pytest

from pipeline.sources import camera
from pipeline.sources.camera import Camera


def straight_ahead(aspect: float = 1.0) -> Camera:
    """Two hand lengths away, one focal length to the picture's width."""
    return Camera(rotation=np.zeros((1, 3)), distance=np.array([2.0]), focal=np.array([1.0]), aspect=np.array([aspect]))


def clip_of(*points: tuple[float, float, float]) -> np.ndarray:
    return np.array(points, dtype=float)[None, None]


def test_a_point_is_as_far_from_the_axis_as_its_depth_says():
    found = camera.project(clip_of((-0.5, 0, 0), (0.5, 0, 0)), straight_ahead())
    np.testing.assert_allclose(found[0, 0], [[-0.25, 0, 0], [0.25, 0, 0]])


def test_a_nearer_point_is_larger_and_has_negative_depth():
    found = camera.project(clip_of((-0.5, 0, 0.5), (0.5, 0, -0.5)), straight_ahead())
    np.testing.assert_allclose(found[0, 0], [[-0.2, 0, 0], [1 / 3, 0, -0.4]])


def test_a_quarter_roll_turns_up_into_right():
    turned = Camera(
        rotation=np.array([[0.0, 0.0, 90.0]]), distance=np.array([2.0]), focal=np.array([1.0]), aspect=np.array([1.0])
    )
    found = camera.project(clip_of((0, -0.5, 0), (0, 0.5, 0)), turned)
    np.testing.assert_allclose(found[0, 0], [[0.25, 0, 0], [-0.25, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("aspect", [4 / 3, 1.0, 9 / 16])
def test_y_is_in_picture_heights_and_an_easy_clip_is_in_the_middle(aspect):
    widths = clip_of((-0.1, -0.1, 0), (0.1, 0.1, 0))
    found = camera.place(widths, straight_ahead(aspect), np.random.default_rng(0), difficulty=0)
    np.testing.assert_allclose(found[0, 0, 1] - found[0, 0, 0], [0.2, 0.2 * aspect, 0])
    np.testing.assert_allclose(found[0, 0].mean(axis=0), [0.5, 0.5, 0])


def test_a_clip_that_fits_stays_inside_and_unseen_points_stay_unseen():
    widths = np.random.default_rng(0).uniform(-0.3, 0.3, size=(1, 4, 21, 3))
    widths[0, 1] = np.nan
    found = camera.place(widths, straight_ahead(), np.random.default_rng(1), difficulty=1)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(widths))
    assert np.nanmin(found[..., :2]) > 0
    assert np.nanmax(found[..., :2]) < 1


def test_difficulty_0_is_frontal_and_at_one_distance():
    drawn = camera.draw(np.random.default_rng(0), 5, difficulty=0)
    np.testing.assert_array_equal(drawn.rotation, 0)
    np.testing.assert_allclose(drawn.distance, camera.DISTANCE)
    assert len(set(drawn.aspect)) == 1
