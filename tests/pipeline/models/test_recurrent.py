"""A clip is its steps in sequence, for every recurrent model: no step sees what comes, and an empty frame holds."""

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.fitting.data import Clips, batches
from pipeline.models import build
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent, State
from tests.factories import make_samples
from tests.pipeline.models.test_models import MEMBERS, NUM_CLASSES, TINY

NAMES = [
    name
    for name, member in MEMBERS.items()
    if member.form == "hand" and isinstance(build(member(name=name), form="hand", num_classes=2).network, Recurrent)
]
every_recurrent_model = pytest.mark.parametrize("name", NAMES)
Inputs = list[Tensor]


def make_inputs(frames: int, seed: int = 0) -> Inputs:
    """Three clips of a hand that wanders and is lost in some frames."""
    samples = make_samples(num_groups=1, clips=1, frames=frames, missing=0.02, fps=15, aspect=4 / 3, seed=seed)
    landmarks, *rest = next(batches(Clips(samples=samples, indices=np.arange(3)), size=3, length=None)).inputs
    generator = torch.Generator().manual_seed(seed)
    landmarks = landmarks + torch.randn(3, frames, 1, 3, generator=generator).cumsum(1) * 0.02
    landmarks[torch.rand(3, frames, generator=generator) < 0.2] = torch.nan
    return [landmarks, *rest]


def make_trained(name: str) -> Recognizer:
    torch.manual_seed(0)
    recognizer = build(MEMBERS[name](name=name, **TINY.get(name, {})), form="hand", num_classes=NUM_CLASSES)
    recognizer.train()(*make_inputs(frames=6, seed=1))
    return recognizer.eval()


@torch.no_grad()
def frame_by_frame(recognizer: Recognizer, inputs: Inputs) -> tuple[Tensor, list[State]]:
    """Returns the logits after each frame [B, T, K] and the states between, the first one included."""
    assert isinstance(recognizer.network, Recurrent)
    landmarks, *rest = inputs
    states, answers = [recognizer.network.initial_state(landmarks[:, 0, 0])], []
    for t in range(landmarks.shape[1]):
        logits_BK, state = recognizer.step(landmarks[:, t : t + 1], *rest, states[-1])
        answers.append(logits_BK)
        states.append(state)
    return torch.stack(answers, 1), states


def test_there_is_one():
    assert "strm" in NAMES


@every_recurrent_model
@pytest.mark.parametrize("frames", [1, 2, 7, 40])
def test_a_clip_of_any_length_is_its_steps_in_sequence(name: str, frames: int):
    recognizer, inputs = make_trained(name), make_inputs(frames, seed=frames)
    answers_BTK, _ = frame_by_frame(recognizer, inputs)
    with torch.no_grad():
        torch.testing.assert_close(recognizer(*inputs)[0], answers_BTK[:, -1], atol=1e-5, rtol=0)


@every_recurrent_model
@pytest.mark.parametrize("now", [1, 4])
def test_what_comes_later_changes_no_earlier_answer(name: str, now: int):
    recognizer, inputs = make_trained(name), make_inputs(6)
    other = [torch.cat([inputs[0][:, :now], make_inputs(6, seed=9)[0][:, now:]], 1), *inputs[1:]]
    before, _ = frame_by_frame(recognizer, inputs)
    after, _ = frame_by_frame(recognizer, other)
    assert torch.equal(before[:, :now], after[:, :now])


@every_recurrent_model
def test_training_gives_every_frames_answers_and_the_last_is_the_clips(name: str):
    recognizer, inputs = make_trained(name), make_inputs(5)
    for module in recognizer.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    clip_BK = recognizer(*inputs)[0]
    recognizer.network.train()
    for module in recognizer.modules():
        if hasattr(module, "variance"):
            module.eval()  # so that it is the same function
    answers_BTDK = recognizer(*inputs)[0]
    assert answers_BTDK.shape[:2] == (3, 5)
    torch.testing.assert_close(answers_BTDK[:, -1, -1], clip_BK)
    torch.testing.assert_close(answers_BTDK[:, :, -1], frame_by_frame(recognizer.eval(), inputs)[0])


@every_recurrent_model
def test_a_frame_without_a_hand_holds_the_answer_and_all_but_the_time(name: str):
    recognizer, inputs = make_trained(name), make_inputs(4)
    inputs[0][:, 0] = make_inputs(1, seed=3)[0][:, 0].nan_to_num(0.5) + torch.rand(21, 3) * 0.1
    inputs[0][:, 2] = torch.nan
    answers_BTK, states = frame_by_frame(recognizer, inputs)
    assert torch.equal(answers_BTK[:, 2], answers_BTK[:, 1])
    for before, after in zip(states[2][:-1], states[3][:-1], strict=True):
        assert torch.equal(before, after)


@every_recurrent_model
def test_frames_before_the_first_hand_leave_no_trace(name: str):
    recognizer, inputs = make_trained(name), make_inputs(6)
    empty = torch.full((3, 4, 21, 3), torch.nan)
    late = [torch.cat([empty, inputs[0]], 1), *inputs[1:]]
    with torch.no_grad():
        torch.testing.assert_close(recognizer(*late)[0], recognizer(*inputs)[0])


@every_recurrent_model
def test_the_order_of_frames_matters(name: str):
    recognizer, inputs = make_trained(name), make_inputs(8)
    with torch.no_grad():
        forth, back = recognizer(*inputs)[0], recognizer(inputs[0].flip(1), *inputs[1:])[0]
    assert (forth - back).abs().max() > 1e-3
