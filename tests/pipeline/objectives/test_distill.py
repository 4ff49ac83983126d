"""Distillation by numbers that one checks by hand."""

import math

import pytest
import torch
from torch import Tensor

from pipeline.objectives.classify import Classify
from pipeline.objectives.distill import Distill

TARGET = torch.tensor([0])


def odds(ratio: float) -> Tensor:
    """Logits of two classes, the first `ratio` times as likely."""
    return torch.tensor([[math.log(ratio), 0.0]])


def make(temperature: float = 1.0, share: float = 0.5) -> Distill:
    return Distill(Classify(torch.ones(2), 0.0), temperature, share)


def test_half_is_the_labels_loss_and_half_the_divergence():
    """Student 1:1, teacher 3:1: −log ½, and ¾ log(¾ ÷ ½) + ¼ log(¼ ÷ ½)."""
    apart = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert make()(odds(1), TARGET, odds(3)).item() == pytest.approx(0.5 * math.log(2) + 0.5 * apart, rel=1e-5)


def test_temperature_softens_both_and_its_square_scales_back():
    """At 2 the teacher's 9:1 is 3:1."""
    apart = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert make(2.0, 1.0)(odds(1), TARGET, odds(9)).item() == pytest.approx(4 * apart, rel=1e-5)


def test_who_answers_as_the_teacher_has_nothing_to_learn_from_it():
    assert make(3.0, 1.0)(odds(5), TARGET, odds(5)).item() == pytest.approx(0, abs=1e-6)


def test_validation_has_labels_alone():
    assert make(2.0, 1.0)(odds(1), TARGET).item() == pytest.approx(math.log(2), rel=1e-5)
