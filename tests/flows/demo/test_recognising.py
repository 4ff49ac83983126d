"""A model in front of a stream, with a window and with a memory; frames ten a second."""

import math
from pathlib import Path

import numpy as np
import pytest

from flows.demo.recognising import Seen, Stateful, Windowed
from pipeline.predictor import Predictor
from pipeline.stream import Stream
from tests.factories import make_hand
from tests.flows.demo.models import SHARP, write_clip, write_step

NO_HAND = np.full((21, 3), np.nan, np.float32)


def seen(number: int, values: np.ndarray | None = None, *, handedness: float = 1.0) -> Seen:
    hand = make_hand() - np.float32([0.2, 0, 0]) if values is None else values  # in the left half
    return Seen(values=hand, time_s=number / 10, aspect=1.0, handedness=handedness)


def sure(logit: float) -> float:
    """The probability of one of four classes where the others' logits are 0."""
    return math.exp(logit) / (math.exp(logit) + 3)


@pytest.fixture
def windowed(tmp_path: Path) -> Windowed:
    return Windowed(predictor=Predictor.open(write_clip(tmp_path / "model.onnx")), window_s=0.35)


@pytest.fixture
def stateful(tmp_path: Path) -> Stateful:
    return Stateful(stream=Stream.open(write_step(tmp_path / "step.onnx")))


def test_every_class_has_its_probability(windowed: Windowed):
    rest = (1 - sure(SHARP)) / 3
    assert windowed.push(seen(0)) == pytest.approx({"B": sure(SHARP), "A": rest, "C": rest, "D": rest})
    assert windowed.push(seen(1, handedness=0.0))["A"] == pytest.approx(sure(SHARP))


def test_the_window_holds_the_last_frames_alone(windowed: Windowed):
    for number in range(6):
        windowed.push(seen(number))
    assert [frame.time_s for frame in windowed.frames] == [0.2, 0.3, 0.4, 0.5]
    windowed.reset()
    assert not windowed.frames


def test_no_hand_now_is_no_answer_though_there_was_one(windowed: Windowed, stateful: Stateful):
    for recognizer in (windowed, stateful):
        recognizer.push(seen(0))
        assert recognizer.push(seen(1, NO_HAND)) == {}
        assert recognizer.push(seen(2))["B"] > 0.5


def test_a_memory_grows_and_is_forgotten(stateful: Stateful):
    grown = [stateful.push(seen(number))["B"] for number in range(3)]
    assert grown == pytest.approx([sure(1), sure(2), sure(3)])
    stateful.reset()
    assert stateful.push(seen(3))["B"] == pytest.approx(sure(1))
    assert stateful.stream.fps == pytest.approx(10)
