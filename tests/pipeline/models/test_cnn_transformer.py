"""Movement by numbers that one checks by hand, and how far a convolution reaches."""

import pytest
import torch
from torch import Tensor

from pipeline.models.cnn_transformer import CHANNELS, KERNEL, WIDTHS, Convolution, Movement, Network
from pipeline.params import CnnTransformer
from pipeline.skeleton import skeleton

NUM_POINTS, NUM_COLUMNS = 75, 3 * (75 + 42)
WRIST = skeleton("holistic").index("right_hand_wrist")
FPS = 10.0


def make_points(x: list[float], present: list[int]) -> Tensor:
    """Returns features_BTF of one clip in which the right wrist alone moves, along x, and is seen where told."""
    points_BTVC = torch.zeros(1, len(x), NUM_POINTS, CHANNELS)
    points_BTVC[0, :, WRIST, 0] = torch.tensor(x)
    points_BTVC[0, :, WRIST, -1] = torch.tensor(present, dtype=torch.float32)
    seconds_BT1 = (torch.arange(len(x)) / FPS).view(1, -1, 1)
    return torch.cat([points_BTVC.flatten(2), seconds_BT1], -1)


def column(moving_BTM: Tensor, order: int) -> list[float]:
    """The wrist's x by the body: as it is, its velocity, its acceleration."""
    return moving_BTM[0, :, order * NUM_COLUMNS + 3 * WRIST].tolist()


def test_velocity_is_a_second_and_acceleration_a_second_again():
    moving_BTM, present_BTV = Movement()(make_points([1.0, 1.1, 1.4, 1.4], [1, 1, 1, 1]))
    assert column(moving_BTM, 0) == pytest.approx([1.0, 1.1, 1.4, 1.4])
    assert column(moving_BTM, 1) == pytest.approx([0, 1, 3, 0], abs=1e-4)
    assert column(moving_BTM, 2) == pytest.approx([0, 0, 20, -30], abs=1e-3)
    assert present_BTV[0, :, WRIST].tolist() == [1, 1, 1, 1]
    assert present_BTV.sum() == 4


def test_beside_an_unseen_neighbour_there_is_no_movement():
    moving_BTM, _ = Movement()(make_points([1.0, 9.0, 2.0, 3.0, 5.0], [1, 0, 1, 1, 1]))
    assert column(moving_BTM, 0) == [1, 9, 2, 3, 5]  # bridged, if it is not zero
    assert column(moving_BTM, 1) == pytest.approx([0, 0, 0, 10, 20], rel=1e-4)
    assert column(moving_BTM, 2) == pytest.approx([0, 0, 0, 0, 100], rel=1e-4)


def test_one_frame_does_not_move():
    moving_BTM, _ = Movement()(make_points([1.0], [1]))
    assert moving_BTM.shape == (1, 1, 3 * NUM_COLUMNS)
    assert column(moving_BTM, 1) == column(moving_BTM, 2) == [0.0]


@torch.no_grad()
def test_a_convolution_looks_back_and_not_ahead_but_for_the_channels_weights():
    torch.manual_seed(0)
    block = Convolution(8, 0.0).eval()
    block.channels.weight.zero_()  # every channel counts half, whatever the clip
    hidden_BTD, seen_BT = torch.randn(1, 40, 8), torch.ones(1, 40, dtype=torch.bool)
    other_BTD = hidden_BTD.clone()
    other_BTD[:, 20] = torch.arange(8.0)
    changed_T = (block(other_BTD, seen_BT) - block(hidden_BTD, seen_BT)).abs().amax((0, 2)) > 1e-6
    assert changed_T.nonzero().flatten().tolist() == list(range(20, 20 + KERNEL))


@torch.no_grad()
def test_a_channel_is_weighed_by_its_mean_over_the_seen_frames():
    torch.manual_seed(0)
    block = Convolution(8, 0.0).eval()
    hidden_BTD, seen_BT = torch.randn(1, 6, 8), torch.tensor([[True, True, True, True, False, False]])
    other_BTD = torch.where(seen_BT[..., None], hidden_BTD, 5.0)
    torch.testing.assert_close(block(other_BTD, seen_BT)[:, :4], block(hidden_BTD, seen_BT)[:, :4])
    torch.testing.assert_close(block(hidden_BTD[:, :4], seen_BT[:, :4]), block(hidden_BTD, seen_BT)[:, :4])


@pytest.mark.parametrize(("size", "count"), [("small", 270_490), ("baseline", 1_843_482)])
def test_parameters_are_as_many_as_one_counts_by_hand(size: str, count: int):
    """Stem 1128 numbers, six convolutions, two transformer blocks with their last norms, top, head for 60 signs."""
    d = WIDTHS[size]
    convolution = 2 * d + (2 * d * d + 2 * d) + 2 * d * KERNEL + 4 * d + 5 + (2 * d * d + d)
    attention = (4 * d * d + 4 * d) + (4 * d * d + 3 * d) + 4 * d + 2 * d
    top = 2 * d + (2 * d * d + 2 * d) + (2 * d * 60 + 60)
    assert (3 * NUM_COLUMNS + NUM_POINTS) * d + d + 6 * convolution + 2 * attention + top == count
    config = CnnTransformer.model_validate({"name": "cnn_transformer", "size": size})
    network = Network(config, NUM_POINTS * CHANNELS + 1, 60)
    assert sum(p.numel() for p in network.parameters()) == count
