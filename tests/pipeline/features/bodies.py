"""A smooth, rigid signer for tests of whole-body features: shoulders level, hands on circles before the chest."""

import math

import torch
from torch import Tensor

from pipeline.skeleton import SIDES, skeleton
from tests.factories import make_hand

BODY = skeleton("holistic")
SHOULDER_WIDTH = 0.3  # picture heights


def make_signing(num_frames: int = 25, *, fps: float = 25.0, turns_s: float = 0.5, seed: int = 0) -> Tensor:
    """Returns [1, T, 75, 3] in a square picture; the hands circle `turns_s` times a second, their fingers stay."""
    generator = torch.Generator().manual_seed(seed)
    points_TVC = torch.zeros(num_frames, 75, 3)
    pose_VC = torch.rand(33, 3, generator=generator) * 0.4 + 0.3
    shoulders = BODY.indices("pose_left_shoulder", "pose_right_shoulder")
    points_TVC[:, BODY.part("pose")] = pose_VC
    points_TVC[:, shoulders] = torch.tensor([[0.65, 0.5, 0.1], [0.35, 0.5, 0.1]])
    angles_T = torch.arange(num_frames) / fps * turns_s * 2 * math.pi
    for number, side in enumerate(SIDES):
        circle_TC = torch.stack([angles_T.cos(), angles_T.sin() * (1 - 2 * number), 0 * angles_T], -1) * 0.1
        fingers = torch.rand(5, generator=generator).tolist()
        hand_VC = torch.from_numpy(make_hand(fingers, size=0.1)) - torch.tensor([0.4 - 0.3 * number, 0.0, 0.0])
        points_TVC[:, BODY.part(f"{side}_hand")] = hand_VC + circle_TC[:, None]
        points_TVC[:, BODY.index(f"pose_{side}_wrist")] = (
            hand_VC[0] + circle_TC + torch.tensor([0.0, 0.0, -0.2]) + circle_TC[:, :1] * torch.tensor([0.0, 0.0, 0.5])
        )
    return points_TVC[None]
