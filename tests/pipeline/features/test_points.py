"""The 525: places, own frames and the seen-mask, where one checks them by hand."""

import pytest
import torch
from torch import Tensor

from pipeline.features.holistic import Preprocess
from tests.factories import make_hand
from tests.pipeline.features.bodies import BODY, make_signing

POINTS = Preprocess("points", BODY)
LEFT, POSE = BODY.part("left_hand"), BODY.part("pose")
SHOULDERS = BODY.indices("pose_left_shoulder", "pose_right_shoulder")
WRIST, POSE_WRIST = BODY.indices("left_hand_wrist", "pose_left_wrist")


def channels(clip_BTVC: Tensor, fps: float = 25.0) -> tuple[Tensor, Tensor]:
    """Returns one clip's [T, 75, 7] and its seconds."""
    one_B = torch.ones(1)
    features_BTF, _ = POINTS(clip_BTVC, one_B, fps * one_B, one_B)
    return features_BTF[0, :, :-1].unflatten(-1, (75, 7)), features_BTF[0, :, -1]


def test_shoulders_are_half_a_unit_from_the_origin_and_all_else_is_measured_in_their_width():
    clip_BTVC = make_signing(4)
    channels_TVD, _ = channels(clip_BTVC)
    torch.testing.assert_close(channels_TVD[0, SHOULDERS, :3], torch.tensor([[0.5, 0, 0], [-0.5, 0, 0]]))
    expected_TVC = (clip_BTVC[0] - torch.tensor([0.5, 0.5, 0.1])) / 0.3
    torch.testing.assert_close(channels_TVD[:, POSE, :3], expected_TVC[:, POSE], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(channels_TVD[..., :2], expected_TVC[..., :2], rtol=1e-4, atol=1e-5)
    assert (channels_TVD[..., 6] == 1).all()


def test_a_hands_depth_is_that_of_the_arm_and_then_from_its_wrist():
    clip_BTVC = make_signing(4)
    channels_TVD, _ = channels(clip_BTVC)
    torch.testing.assert_close(channels_TVD[:, WRIST, 2], channels_TVD[:, POSE_WRIST, 2])
    from_wrist_TV = channels_TVD[:, LEFT, 2] - channels_TVD[:, [WRIST], 2]
    torch.testing.assert_close(from_wrist_TV, (clip_BTVC[0, :, LEFT, 2] / 0.3), rtol=1e-4, atol=1e-5)


def test_a_hand_is_also_measured_from_its_own_wrist_in_its_own_size():
    clip_BTVC = make_signing(3)
    hand_VC = torch.from_numpy(make_hand((0.2, 1, 0, 0.5, 1), size=0.1))
    clip_BTVC[0, :, LEFT] = hand_VC
    own_TVC = channels(clip_BTVC)[0][..., 3:6]
    plane_VC = (hand_VC - hand_VC.mean(0))[:, :2]
    size = plane_VC.square().sum(-1).mean().sqrt()
    expected_TVC = ((hand_VC - hand_VC[0]) / size).expand(3, -1, -1)
    torch.testing.assert_close(own_TVC[:, LEFT], expected_TVC, rtol=1e-4, atol=1e-4)
    assert not own_TVC[:, POSE].any()


def test_a_frame_without_shoulders_borrows_the_clips_middle():
    clip_BTVC = make_signing(20)
    moved_BTVC = clip_BTVC.clone()
    moved_BTVC[:, 12:] += torch.tensor([0.1, 0.0, 0.0])
    moved_BTVC[:, 8:, SHOULDERS[0]] = torch.nan  # too long for a gap; the median is of the eight frames before
    before_TVD, _ = channels(clip_BTVC)
    after_TVD, _ = channels(moved_BTVC)
    torch.testing.assert_close(after_TVD[:8], before_TVD[:8])
    shift_TV = (after_TVD - before_TVD)[12:, LEFT, 0]
    torch.testing.assert_close(shift_TV, torch.full_like(shift_TV, 0.1 / 0.3), rtol=1e-4, atol=1e-5)
    assert after_TVD[12, WRIST, 2] == 0  # its depth is not that of an arm measured from elsewhere


def test_without_a_pose_the_hands_are_the_measure():
    clip_BTVC = make_signing(6)
    clip_BTVC[..., POSE, :] = torch.nan
    channels_TVD, _ = channels(clip_BTVC)
    assert not channels_TVD[:, POSE].any()
    hands_TVC = channels_TVD[:, :42, :3]
    assert hands_TVC.mean((0, 1)).abs().max() < 0.6  # about the origin
    middles_TC = hands_TVC.unflatten(1, (2, 21)).mean(2, keepdim=True)
    sizes_TP = (hands_TVC.unflatten(1, (2, 21)) - middles_TC)[..., :2].square().sum(-1).mean(-1).sqrt()
    assert sizes_TP.quantile(0.5) == pytest.approx(1 / 5.9, rel=1e-3)
    assert not channels_TVD[:, WRIST, 2].any()


def test_a_part_of_zeros_is_not_seen_and_neither_is_one_of_a_few_points():
    clip_BTVC = make_signing(12)
    clip_BTVC[:, :, LEFT] = 0
    clip_BTVC[:, :, BODY.part("right_hand")[:15]] = torch.nan
    channels_TVD, _ = channels(clip_BTVC)
    assert not channels_TVD[:, :42].any()
    assert channels_TVD[:, POSE, 6].all()


def test_a_single_missing_point_is_put_among_its_neighbours_and_marked():
    clip_BTVC = make_signing(3)
    tip, dip = BODY.indices("left_hand_index_tip", "left_hand_index_dip")
    mouth = BODY.indices("pose_mouth_left", "pose_mouth_right")  # nothing leads to them but each other
    clip_BTVC[:, :, [tip, *mouth]] = torch.nan
    channels_TVD, _ = channels(clip_BTVC)
    torch.testing.assert_close(channels_TVD[:, tip, :6], channels_TVD[:, dip, :6])
    assert not channels_TVD[:, [tip, *mouth], 6].any()
    rest = [point for point in POSE if point not in mouth]
    middle_T1C = channels_TVD[:, rest, :3].mean(1, keepdim=True)
    torch.testing.assert_close(channels_TVD[:, mouth, :3], middle_T1C.expand(-1, 2, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("fps", "step"), [(25.0, 1 / 25), (float("nan"), 1 / 30)])
def test_seconds_start_with_the_first_seen_frame(fps: float, step: float):
    clip_BTVC = make_signing(6)
    clip_BTVC[:, [0, 1, 4]] = torch.nan
    assert channels(clip_BTVC, fps)[1].tolist() == pytest.approx([0, 0, 0, step, 0, 3 * step])
