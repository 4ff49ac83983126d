"""42 numbers: where a hand's points lie in the box around them, folded so that both hands and both sides look alike.

People show one letter with the palm or with the back of the hand towards the camera, with the right or the left hand:
in the picture plane each is the other's mirror image. So every hand is mirrored until its index knuckle lies right of
its little one, seen along the palm; neither depth, the least certain coordinate, nor the handedness is read. Up stays
up, as in `oriented`: it tells G from Q, and K from P. Width and height are measured each by itself, from the middle
of the box: how slender a hand is, how far it is turned and what the picture's aspect was say nothing about the letter.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import TINY
from pipeline.features.hand import ANCHORS, Hand
from pipeline.skeleton import Skeleton

NARROWEST = 0.05  # a box's width over its height, or the reverse; a narrower one would magnify noise


class Features(nn.Module):
    anchors = ANCHORS

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.palm = Hand(skeleton).palm
        self.num_features = 2 * len(skeleton.points)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        wrist, index, pinky = self.palm
        x_BTV, y_BTV = (points_BTVC[..., :2] - points_BTVC[..., wrist : wrist + 1, :2]).unbind(-1)
        across_BT = x_BTV[..., index] * y_BTV[..., pinky] - y_BTV[..., index] * x_BTV[..., pinky]
        xy_BTVC = torch.stack([torch.where(across_BT[..., None] > 0, -x_BTV, x_BTV), y_BTV], -1)
        low_BT1C, high_BT1C = xy_BTVC.amin(-2, keepdim=True), xy_BTVC.amax(-2, keepdim=True)
        half_BT1C = (high_BT1C - low_BT1C) / 2
        unit_BT1C = torch.maximum(half_BT1C, NARROWEST * half_BT1C.amax(-1, keepdim=True)).clamp_min(TINY)
        return ((xy_BTVC - (low_BT1C + high_BT1C) / 2) / unit_BT1C).flatten(-2)
