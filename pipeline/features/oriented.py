"""63 numbers: a hand's shape as the camera sees it held, whatever its place, its size and its side.

`invariant` turns every palm upright, and then cannot tell G from Q, K from P or H from U: one shape, held differently.
Here the coordinates keep the picture's axes. The wrist is at the origin; the unit is the root mean square distance of
the points from their mean in the picture plane, which does not vanish as a palm's length does when the palm points at
the camera; left hands are mirrored. What should not matter, how far a hand is turned, is left to augmentation.
"""

from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import spread
from pipeline.features.hand import ANCHORS, Hand
from pipeline.skeleton import Skeleton


class Features(nn.Module):
    anchors = ANCHORS

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.hand = Hand(skeleton)
        self.num_features = 3 * len(skeleton.points)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        points_BTVC = self.hand.from_wrist(points_BTVC, handedness_B)
        return (points_BTVC / spread(points_BTVC)[..., None, None]).flatten(-2)
