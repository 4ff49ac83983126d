"""Five views of a clip: each is what its name says, and the answer is the mean of five."""

import math

import pytest
import torch

from pipeline.form import form
from pipeline.models.views import LEAN, Views, lean
from tests.pipeline.models.test_models import CASES, form_of_case, logits, make_inputs, make_trained


@pytest.mark.parametrize(("name", "features"), [case for case in CASES if form(form_of_case(*case.values)).has_points])
def test_the_answer_is_the_mean_of_five_and_seen_is_the_clips_own(name: str, features: str):
    recognizer, inputs = make_trained(name, features), make_inputs(name, features)
    inputs[0] = inputs[0].clone()
    inputs[0][3] = torch.nan
    views = Views(recognizer, form_of_case(name, features)).eval()
    each = [logits(recognizer, list(view)) for view in views.of(*inputs)]
    torch.testing.assert_close(logits(views, inputs), torch.stack(each).mean(0))
    assert logits(views, inputs)[3].tolist() == [0, 0, 0]
    assert torch.equal(views(*inputs)[1], recognizer(*inputs)[1])
    assert (each[1] - each[0]).abs().max() > 0
    assert set(views.state_dict()) == set(recognizer.state_dict())


@pytest.mark.parametrize(("name", "features"), [("linear", "raw"), ("sign_transformer", "handmade_469")])
def test_a_mirror_twice_is_the_clip_and_what_was_not_seen_stays_so(name: str, features: str):
    landmarks, *rest = make_inputs(name, features)
    landmarks = landmarks.clone()
    landmarks[0, 0] = 0.0
    views = Views(make_trained(name, features), form_of_case(name, features))
    flipped = views.of(landmarks, *rest)[1]
    back = views.of(*flipped)[1]
    torch.testing.assert_close(back[0], landmarks, equal_nan=True)
    for view in views.of(landmarks, *rest):
        assert not view[0][0, 0].any()
        assert view[0].isnan().sum() == landmarks.isnan().sum()


def test_a_mirror_gives_the_left_hand_to_the_right():
    inputs = make_inputs("sign_transformer", "handmade_469")
    flipped = Views(make_trained("sign_transformer", "handmade_469"), "holistic").of(*inputs)[1][0]
    torch.testing.assert_close(flipped[:, :, :21, 0], 1 - inputs[0][:, :, 21:42, 0], equal_nan=True)


def test_a_leaning_camera_turns_the_picture_about_its_middle():
    """In a picture twice as wide as high, a point half a height to the right goes down by half a height times sin."""
    landmarks = torch.tensor([[[[0.75, 0.5, 0.1], [0.5, 0.5, 0.2]]]])
    turned = lean(landmarks, torch.tensor([2.0]))[0, 0]
    expected = [0.5 + 0.25 * math.cos(LEAN), 0.5 + 0.5 * math.sin(LEAN), 0.1]
    assert turned[0].tolist() == pytest.approx(expected)
    assert turned[1].tolist() == pytest.approx([0.5, 0.5, 0.2])
