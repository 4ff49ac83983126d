"""The loss, with numbers that one checks by hand."""

import math

import pytest
import torch
from jaxtyping import TypeCheckError

from pipeline.objectives.classify import Classify

LOGITS_BK = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]]).log()  # so that softmax gives these shares back
TARGET_B = torch.tensor([0, 1])


def test_even_weights_give_the_mean_negative_log_share():
    loss = Classify(torch.ones(3), 0.0)(LOGITS_BK, TARGET_B)
    assert loss.item() == pytest.approx(-(math.log(0.6) + math.log(0.7)) / 2)


def test_a_clip_counts_by_the_weight_of_its_class():
    loss = Classify(torch.tensor([3.0, 1.0, 1.0]), 0.0)(LOGITS_BK, TARGET_B)
    assert loss.item() == pytest.approx(-(3 * math.log(0.6) + math.log(0.7)) / 4)


def test_smoothing_spreads_its_share_over_all_classes():
    loss = Classify(torch.ones(3), 0.3)(LOGITS_BK[:1], TARGET_B[:1])
    assert loss.item() == pytest.approx(-(0.8 * math.log(0.6) + 0.1 * math.log(0.3) + 0.1 * math.log(0.1)))


def test_zeros_of_a_clip_without_a_hand_cost_what_guessing_costs():
    assert Classify(torch.ones(3), 0.1)(torch.zeros(1, 3), TARGET_B[:1]).item() == pytest.approx(math.log(3))


def test_the_weights_are_no_parameters_and_move_with_the_module():
    objective = Classify(torch.ones(3), 0.1)
    assert list(objective.parameters()) == []
    assert list(objective.state_dict()) == ["class_weights"]


def test_targets_are_whole_numbers_one_a_row():
    with pytest.raises(TypeCheckError):
        Classify(torch.ones(3), 0.0)(LOGITS_BK, TARGET_B.float())
    with pytest.raises(TypeCheckError):
        Classify(torch.ones(3), 0.0)(LOGITS_BK, TARGET_B[:1])
