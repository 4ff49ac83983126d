"""The 63: recorded coordinates from the wrist."""

import torch

from pipeline.features.preprocess import Preprocess
from pipeline.skeleton import skeleton


def test_points_are_measured_from_the_wrist_in_picture_heights():
    landmarks_BTVC = torch.zeros(1, 1, 21, 3)
    landmarks_BTVC[..., 0, :] = torch.tensor([0.5, 0.5, 0.0])
    landmarks_BTVC[..., 9, :] = torch.tensor([0.6, 0.2, 0.1])
    one_B = torch.ones(1)
    features_BTF, seen_BT = Preprocess("raw", skeleton("hand"))(landmarks_BTVC, 2 * one_B, one_B, 0 * one_B)
    points_VC = features_BTF.reshape(21, 3)
    torch.testing.assert_close(points_VC[0], torch.zeros(3))
    torch.testing.assert_close(points_VC[9], torch.tensor([0.2, -0.3, 0.2]))
    assert seen_BT.all()
