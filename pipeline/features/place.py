"""Where a hand is, how large it is, and how long its frame lasts: what movements are made of.

The feature sets throw place and size away, so that a letter is the same anywhere in a picture; a recurrent model reads
these four numbers besides, and makes speeds of them.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import spread
from pipeline.features.hand import ANCHORS, Hand
from pipeline.skeleton import Skeleton

COLUMNS = ("x", "y", "size", "seconds")  # the palm's middle and the hand's size in picture heights
USUAL_FPS = 15.0  # stands in for a frame rate that is unknown


class Place(nn.Module):
    """Measures each frame for itself; x grows to the thumb's side of a raised palm, whichever hand it is."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.hand = Hand(skeleton)
        self.palm = skeleton.indices(*ANCHORS)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], fps_B: Float[Tensor, " B"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T 4"]:
        x_BT, y_BT = points_BTVC[..., self.palm, :2].mean(-2).unbind(-1)
        x_BT = torch.where(self.hand.is_left(points_BTVC, handedness_B), -x_BT, x_BT)
        seconds_B = 1 / torch.where(fps_B > 0, fps_B, USUAL_FPS)
        return torch.stack([x_BT, y_BT, spread(points_BTVC), seconds_B[:, None].expand_as(x_BT)], -1)
