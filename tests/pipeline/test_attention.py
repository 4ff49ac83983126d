"""What weights look at: shares of the seen frames, of both networks with a class token and of no other."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.attention import HAVE_A_CLASS_TOKEN, Looked, look, row
from pipeline.errors import InputError
from pipeline.models import build
from pipeline.models.weights import Trained
from pipeline.params import CnnTransformer, Mlp, Model, SignTransformer, SpatialTemporal
from tests.bodies import make_clip, signed
from tests.factories import make_samples

SIGNS = SignTransformer(name="sign_transformer", size="lightweight")
GRAPH = SpatialTemporal(name="spatial_temporal", graph_width=8, d_model=16, layers=1, heads=2, tokens=4)


def make_trained(config: Model, skeleton: str = "holistic") -> Trained:
    torch.manual_seed(0)
    recognizer = build(config, form=skeleton, num_classes=3).eval()
    return Trained(recognizer=recognizer, config=config, class_names=("a", "b", "c"), form=skeleton)


def make_clips() -> Any:
    """Two clips: of the first the frames 2 and 3 are not seen, of the second nothing is."""
    gone = make_clip(6, right=0.02)
    gone[2:4] = np.nan
    return signed(gone, np.full((4, 75, 3), np.nan, np.float32), fps=15.0)


@pytest.mark.parametrize("config", [SIGNS, GRAPH])
def test_attention_is_spread_over_seen_frames_and_the_answer_is_the_models_own(config: Model):
    trained, samples = make_trained(config), make_clips()
    found = look(trained, samples, 0)
    assert found.frames.sum() == pytest.approx(1.0, abs=1e-5)
    assert found.frames[2:4].tolist() == [0, 0]
    assert (found.frames[[0, 1, 4, 5]] > 0).all()
    landmarks = torch.from_numpy(samples.clip(0))[None]
    logits = trained.recognizer(landmarks, torch.ones(1), torch.full((1,), 15.0), torch.full((1,), torch.nan))[0]
    assert found.answer == "abc"[int(logits.argmax())]
    blank = look(trained, samples, 1)
    assert blank.frames.tolist() == [0, 0, 0, 0]
    assert blank.answer == ""


def test_points_that_were_not_seen_speak_for_nothing():
    found = look(make_trained(GRAPH), make_clips(), 0)
    assert found.points is not None
    assert found.points.shape == (6, 75)
    assert found.points[2:4].max() == 0
    assert found.points[0].max() > 0
    assert look(make_trained(SIGNS), make_clips(), 0).points is None


@pytest.mark.parametrize(
    ("config", "skeleton"),
    [(CnnTransformer(name="cnn_transformer", size="small"), "holistic"), (Mlp(name="mlp"), "hand")],
)
def test_a_model_without_a_class_token_is_refused_with_those_that_have_one(config: Model, skeleton: str):
    with pytest.raises(InputError, match=f"'{config.name}' has no class token.*{' or '.join(HAVE_A_CLASS_TOKEN)}"):
        look(make_trained(config, skeleton), make_clips(), 0)


def test_other_points_are_refused():
    with pytest.raises(InputError, match="reads samples of 'holistic', these are of 'hand'"):
        look(make_trained(SIGNS), make_samples(), 0)


def test_a_piece_is_shown_by_the_frame_that_is_looked_at_most_over_what_all_of_it_gets():
    shares = np.zeros(25, np.float32)
    shares[[3, 4, 24]] = 0.5, 0.2, 0.3
    points = np.arange(25.0)[:, None] * np.ones((1, 75))
    found = row(Looked("b", shares, points), clip=7)
    assert len(found.frames) == 10
    assert (found.frames[1], found.frames[-1]) == (3, 24)
    assert found.weights == pytest.approx([0, 0.7, 0, 0, 0, 0, 0, 0, 0, 0.3], abs=1e-6)
    assert found.points is not None
    assert found.points[:, 0].tolist() == list(found.frames)
    assert (found.clip, found.said) == (7, "answered b")
    short = row(Looked("", np.zeros(3, np.float32), None), clip=0)
    assert (list(short.frames), short.said) == ([0, 1, 2], "nothing seen")
