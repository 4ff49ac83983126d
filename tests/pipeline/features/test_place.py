"""Where a hand is, in picture heights and seconds."""

import pytest
import torch

from pipeline.features.place import USUAL_FPS, Place
from pipeline.features.preprocess import Preprocess
from pipeline.skeleton import skeleton
from tests.factories import make_hand

HAND = skeleton("hand")


def place(points: torch.Tensor, fps: float = 30.0, handedness: float = 1.0) -> torch.Tensor:
    return Place(HAND)(points[None, None], torch.tensor([fps]), torch.tensor([handedness]))[0, 0]


def test_it_is_the_middle_of_the_palm_the_size_and_the_seconds():
    """The wrist is at (0.5, 0.7), the middle knuckle a palm of 0.25 above it."""
    points = torch.from_numpy(make_hand())
    x, y, size, seconds = place(points).tolist()
    assert (x, y) == pytest.approx((0.5, 0.575))
    plane = points[:, :2] - points[:, :2].mean(0)
    assert size == pytest.approx(plane.square().sum(-1).mean().sqrt().item(), abs=1e-6)
    assert seconds == pytest.approx(1 / 30)


def test_a_left_hand_moves_as_a_right_one_in_a_mirror():
    points = torch.from_numpy(make_hand())
    mirrored = points * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(place(mirrored, handedness=0.0), place(points))


@pytest.mark.parametrize("fps", [float("nan"), 0.0, -1.0])
def test_an_unknown_frame_rate_is_the_usual_one(fps: float):
    assert place(torch.from_numpy(make_hand()), fps=fps)[3] == pytest.approx(1 / USUAL_FPS)


def test_preprocess_appends_it_and_time_goes_on_without_a_hand():
    landmarks = torch.from_numpy(make_hand())[None, None].repeat(1, 2, 1, 1)
    landmarks[:, 1] = torch.nan
    one = torch.ones(1)
    plain, with_place = Preprocess("raw", HAND), Preprocess("raw", HAND, place=True)
    assert with_place.num_features == plain.num_features + 4
    features, seen = with_place(landmarks, one, 10 * one, one)
    assert torch.equal(features[..., :-4], plain(landmarks, one, 10 * one, one)[0])
    assert seen.tolist() == [[True, False]]
    assert features[0, :, -1].tolist() == pytest.approx([0.1, 0.1])
    assert features.isfinite().all()
