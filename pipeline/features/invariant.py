"""102 numbers that moving, resizing and turning a hand in the picture leave as they are.

42 coordinates (x, y) with the wrist at the origin, the palm (wrist to middle knuckle) of length one and upright; 55
distances in space among the wrist, finger roots and fingertips in palm lengths; the curl of five fingers. Left hands
are mirrored. What tells G from Q or K from P is lost on purpose: they are one shape, turned; see `oriented`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import length, upright
from pipeline.features.hand import ANCHORS, Hand
from pipeline.skeleton import Skeleton


class Features(nn.Module):
    anchors = ANCHORS

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.hand = Hand(skeleton)
        self.num_features = 2 * len(skeleton.points) + len(self.hand.starts) + len(self.hand.fingers)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        points_BTVC = self.hand.from_wrist(points_BTVC, handedness_B)
        palm_BTC = points_BTVC[..., self.hand.middle, :]
        points_BTVC = upright(points_BTVC / length(palm_BTC[..., :2])[..., None, None], palm_BTC)
        xy_BTF = points_BTVC[..., :2].flatten(-2)
        return torch.cat([xy_BTF, self.hand.distances(points_BTVC), self.hand.curls(points_BTVC)], -1)
