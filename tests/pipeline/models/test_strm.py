"""What strm remembers of a movement, with numbers that one checks by hand."""

import pytest
import torch

from pipeline.models import build
from pipeline.models.strm import MAX_SPEED, USUAL_SPEED, Network, moved, remember
from pipeline.params import Strm
from tests.pipeline.models.test_recurrent import frame_by_frame, make_inputs

TINY = Strm(name="strm", hidden=8, latent_steps=1, deep_steps=2)


def row(*values: float) -> torch.Tensor:
    return torch.tensor([values])


def test_velocity_is_in_sizes_a_second():
    """From (0.2, 0.5) to (0.5, 0.1) in a tenth of a second, at a size of 0.1: 30 and 40 sizes a second, 50 in all."""
    now, last = row(0.5, 0.1, 0.1, 0.1), row(0.2, 0.5, 0.0, 1.0)
    slow = row(0.2 + 0.3 / 10, 0.5 - 0.4 / 10, 0.1, 0.1)
    velocity_B3, elapsed_B1 = moved(slow, last)
    torch.testing.assert_close(velocity_B3, row(3, -4, 5) / USUAL_SPEED)
    assert elapsed_B1.item() == pytest.approx(0.1)
    fast_B3, _ = moved(now, last)
    assert fast_B3[0, 0] == pytest.approx(min(30 / USUAL_SPEED, MAX_SPEED))


def test_the_frame_rate_does_not_change_a_velocity():
    """Half the way in half the time."""
    whole, half = row(0.3, 0.5, 0.1, 0.1), row(0.25, 0.5, 0.1, 0.05)
    last = row(0.2, 0.5, 0.0, 1.0)
    torch.testing.assert_close(moved(whole, last)[0], moved(half, last)[0])


def test_over_a_gap_the_way_is_divided_by_all_of_its_time():
    last = row(0.2, 0.5, 0.0, 1.0)
    lost = remember(row(0.9, 0.9, 0.1, 0.1), torch.tensor([False]), last)
    torch.testing.assert_close(lost, row(0.2, 0.5, 0.1, 1.0))
    velocity_B3, elapsed_B1 = moved(row(0.3, 0.5, 0.1, 0.1), lost)
    torch.testing.assert_close(velocity_B3, row(5, 0, 5) / USUAL_SPEED)
    assert elapsed_B1.item() == pytest.approx(0.2)
    found = remember(row(0.3, 0.5, 0.1, 0.1), torch.tensor([True]), lost)
    torch.testing.assert_close(found, row(0.3, 0.5, 0.0, 1.0))


def test_the_first_frame_has_no_velocity():
    velocity_B3, _ = moved(row(0.3, 0.5, 0.1, 0.1), torch.zeros(1, 4))
    assert velocity_B3.abs().max() < 1e-6


def test_a_hand_that_jumps_is_cut_off():
    velocity_B3, _ = moved(row(0.9, 0.1, 0.001, 0.001), row(0.1, 0.9, 0.0, 1.0))
    assert velocity_B3[0, :2].tolist() == [MAX_SPEED, -MAX_SPEED]


def test_trained_on_single_frames_it_is_blind_to_movement():
    torch.manual_seed(0)
    recognizer = build(TINY, form="hand", num_classes=3)
    landmarks, *rest = make_inputs(6)
    recognizer.train()(landmarks[:, :1], *rest)
    network = recognizer.eval().network
    assert isinstance(network, Network)
    assert network.has_moved == 0
    still = [landmarks[:, :1].expand(-1, 3, -1, -1), *rest]
    shift = torch.arange(3.0)[:, None, None] * torch.tensor([0.1, 0.05, 0.0])
    torch.testing.assert_close(
        frame_by_frame(recognizer, [still[0] + shift, *rest])[0],
        frame_by_frame(recognizer, still)[0],
        atol=1e-4,  # coordinates of another place are rounded otherwise
        rtol=0,
    )
    recognizer.train()(landmarks, *rest)
    assert network.has_moved == 1


def test_a_place_far_away_is_no_movement():
    """Where in the picture a hand is does not matter, only that it moves."""
    torch.manual_seed(0)
    recognizer = build(TINY, form="hand", num_classes=3)
    inputs = make_inputs(6)
    recognizer.train()(*inputs)
    recognizer.eval()
    elsewhere = [inputs[0] + torch.tensor([0.2, -0.1, 0.0]), *inputs[1:]]
    with torch.no_grad():
        torch.testing.assert_close(recognizer(*elsewhere)[0], recognizer(*inputs)[0], atol=1e-3, rtol=0)
