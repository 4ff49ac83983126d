"""The weights of answers and frames, with numbers that one checks by hand."""

import pytest
import torch

from pipeline.objectives.classify import Classify
from pipeline.objectives.deep_supervision import DeepSupervision

TARGET_B = torch.tensor([0])


def logits(*shares: float) -> torch.Tensor:
    """Two classes; the first has the shares e⁻¹, e⁻², …: a loss of 1, 2, …."""
    first = torch.tensor(shares).neg().exp()
    return torch.stack([first, 1 - first], -1).log()


def loss(losses: list[list[float]], discount: float) -> float:
    """Returns the loss of one clip whose answers cost these, a row a frame."""
    logits_BTDK = torch.stack([logits(*row) for row in losses])[None]
    return DeepSupervision(Classify(torch.ones(2), 0.0), discount)(logits_BTDK, TARGET_B).item()


def test_within_a_frame_each_answer_counts_by_the_discount():
    assert loss([[1.0, 2.0, 4.0]], 0.5) == pytest.approx((0.25 * 1 + 0.5 * 2 + 1 * 4) / 1.75)


def test_a_discount_of_one_is_the_mean():
    assert loss([[1.0, 2.0, 3.0]], 1.0) == pytest.approx(2.0)


def test_the_last_frame_counts_half_and_all_of_them_the_rest():
    assert loss([[1.0], [2.0], [6.0]], 0.9) == pytest.approx(0.5 * 6 + 0.5 * 3)


def test_one_answer_costs_what_it_costs_alone():
    classify = Classify(torch.tensor([0.5, 1.5]), 0.1)
    logits_BK, target_B = torch.tensor([[1.0, 0.0], [0.5, 2.0]]), torch.tensor([1, 0])
    supervision = DeepSupervision(classify, 0.9)
    torch.testing.assert_close(supervision(logits_BK, target_B), classify(logits_BK, target_B))
    repeated_BTDK = logits_BK[:, None, None].expand(-1, 4, 3, -1)
    torch.testing.assert_close(supervision(repeated_BTDK, target_B), classify(logits_BK, target_B))
