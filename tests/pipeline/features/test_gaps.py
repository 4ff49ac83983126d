"""Which gaps are bridged, and by what."""

import pytest
import torch

from pipeline.features.gaps import Gaps, shifted, usual

NAN = float("nan")


def bridge(values: list[float], fps: float = 30.0) -> tuple[list[float], list[bool]]:
    """Bridges one coordinate of one point; unseen frames are zero, as after `fill`."""
    clip_T = torch.tensor(values)
    gaps = Gaps(~clip_T.isnan()[None, :, None], torch.tensor([float(fps)]))
    bridged = gaps.bridge(clip_T.nan_to_num()[None, :, None, None].expand(1, -1, 1, 3), [slice(0, 1)])
    return bridged[0, :, 0, 0].tolist(), gaps.bridged_BTP[0, :, 0].tolist()


def test_a_gap_of_two_is_the_straight_line_between_its_sides():
    values, bridged = bridge([1, 2, NAN, NAN, 8, 1])
    assert values == pytest.approx([1, 2, 4, 6, 8, 1])
    assert bridged == [False, False, True, True, False, False]


def test_ends_are_not_bridged():
    assert bridge([NAN, 2, 3, NAN, NAN])[0] == [0, 2, 3, 0, 0]
    assert bridge([NAN])[0] == [0]
    assert bridge([5.0])[0] == [5]


@pytest.mark.parametrize(("fps", "longest"), [(30, 6), (NAN, 6), (25, 5), (15, 3), (10, 2), (120, 6), (3, 0)])
def test_a_gap_lasts_at_most_a_fifth_of_a_second_and_six_frames(fps: float, longest: int):
    for frames in range(1, 9):
        assert any(bridge([1.0, *[NAN] * frames, 2.0], fps)[1]) is (frames <= longest)


def test_shifted_moves_frames_and_puts_zeros_in_their_place():
    clip_BTX = torch.tensor([[[1.0], [2.0], [3.0]]])
    assert shifted(clip_BTX, 1).flatten().tolist() == [0, 1, 2]
    assert shifted(clip_BTX, -2).flatten().tolist() == [3, 0, 0]
    assert shifted(clip_BTX[..., 0], 5).flatten().tolist() == [0, 0, 0]


def test_an_unknown_rate_is_thirty():
    assert usual(torch.tensor([NAN, 0.0, 24.0])).tolist() == [30, 30, 24]
