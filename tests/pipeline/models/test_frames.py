"""What models of single frames share, with numbers that one checks by hand."""

import pytest
import torch
from jaxtyping import TypeCheckError

from pipeline.models.frames import MAX_DEVIATIONS, MIN_MOMENTUM, Standardize, mean_seen


def seen(*frames: int) -> torch.Tensor:
    return torch.tensor([frames], dtype=torch.bool)


def frames_BT1(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None, :, None]


def test_the_first_batch_gives_its_mean_and_variance():
    standardize = Standardize(1)
    out_BTF = standardize(frames_BT1(1.0, 3.0, 1000.0), seen(1, 1, 0))
    assert standardize.mean.item() == 2.0
    assert standardize.variance.item() == 2.0
    torch.testing.assert_close(out_BTF[0, :2, 0], torch.tensor([-1.0, 1.0]) / (2 + 1e-4) ** 0.5)


def test_the_second_batch_counts_half_and_the_third_a_third():
    standardize = Standardize(1)
    for low in (1.0, 5.0, 9.0):
        standardize(frames_BT1(low, low + 2), seen(1, 1))
    assert standardize.mean.item() == pytest.approx((2 + 6 + 10) / 3)
    assert standardize.variance.item() == pytest.approx(2.0)


def test_after_a_hundred_batches_the_average_forgets():
    standardize = Standardize(1)
    standardize.batches.fill_(10_000)
    standardize(frames_BT1(99.0, 101.0), seen(1, 1))
    assert standardize.mean.item() == pytest.approx(100 * MIN_MOMENTUM)


@pytest.mark.parametrize("mask", [(0, 0), (1, 0)])
def test_fewer_than_two_seen_frames_say_nothing(mask: tuple[int, int]):
    standardize = Standardize(1)
    standardize(frames_BT1(5.0, 7.0), seen(*mask))
    assert (standardize.mean.item(), standardize.variance.item(), standardize.batches.item()) == (0.0, 1.0, 0.0)


def test_eval_learns_nothing_and_is_the_function_of_training():
    standardize = Standardize(1)
    trained_BTF = standardize(frames_BT1(1.0, 3.0), seen(1, 1))
    standardize.eval()
    assert torch.equal(standardize(frames_BT1(1.0, 3.0), seen(1, 1)), trained_BTF)
    standardize(frames_BT1(50.0, 70.0), seen(1, 1))
    assert standardize.mean.item() == 2.0


def test_what_lies_far_outside_is_cut_off():
    out_BTF = Standardize(1).eval()(frames_BT1(-100.0, 100.0), seen(1, 1))
    assert out_BTF.flatten().tolist() == [-MAX_DEVIATIONS, MAX_DEVIATIONS]


def test_a_feature_that_never_changes_stays_finite():
    assert Standardize(1)(frames_BT1(3.0, 3.0), seen(1, 1)).flatten().tolist() == [0.0, 0.0]


def test_mean_over_the_seen_frames():
    logits_BTK = torch.tensor([[[1.0, 10.0], [3.0, 30.0], [500.0, 500.0]]])
    assert mean_seen(logits_BTK, seen(1, 1, 0)).tolist() == [[2.0, 20.0]]
    assert mean_seen(logits_BTK, seen(0, 0, 0)).tolist() == [[0.0, 0.0]]


def test_shapes_in_signatures_are_checked_here():
    with pytest.raises(TypeCheckError, match="mean_seen"):
        mean_seen(torch.zeros(2, 3, 4), torch.zeros(2, 5, dtype=torch.bool))
