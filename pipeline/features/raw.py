"""Coordinates as recorded, in picture heights, with the wrist at the origin: 63 numbers for a hand.

Size, rotation and side are left as they were: this is what the invariant sets are measured against.
"""

from jaxtyping import Float
from torch import Tensor, nn

from pipeline.skeleton import Skeleton


class Features(nn.Module):
    anchors = ("wrist", "middle_mcp")

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.wrist = skeleton.index("wrist")
        self.num_features = 3 * len(skeleton.points)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        return (points_BTVC - points_BTVC[..., self.wrist : self.wrist + 1, :]).flatten(-2)
