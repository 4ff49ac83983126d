"""What the feature sets of one hand share: its points by name, its side, its distances and curls."""

from itertools import combinations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pipeline.features.geometry import curl, curls_as_left, length, mirror
from pipeline.skeleton import FINGERS, Skeleton

ANCHORS = ("wrist", "middle_mcp")  # the palm's bone: its length and direction measure all the rest
KNUCKLES = ("index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp")
TIPS = ("index_tip", "middle_tip", "ring_tip", "pinky_tip")


class Hand:
    """Finds a hand's columns in a skeleton once."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.wrist, self.middle = skeleton.indices(*ANCHORS)
        self.palm = skeleton.indices("wrist", "index_mcp", "pinky_mcp")
        self.roots, self.tips = skeleton.indices(*KNUCKLES), skeleton.indices(*TIPS)
        self.fingers = [skeleton.indices(*chain) for chain in FINGERS.values()]
        thumb = skeleton.indices("thumb_cmc", "thumb_tip")
        pairs = list(combinations([self.wrist, thumb[0], *self.roots, thumb[1], *self.tips], 2))
        self.starts, self.ends = [a for a, _ in pairs], [b for _, b in pairs]

    def from_wrist(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T V C"]:
        """Puts the wrist at the origin and makes every hand a right one."""
        left_BT = self.is_left(points_BTVC, handedness_B)
        return mirror(points_BTVC - points_BTVC[..., self.wrist : self.wrist + 1, :], left_BT)

    def is_left(self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]) -> Bool[Tensor, "B T"]:
        """Says which hand it is; an unknown side is told by the shape, frame by frame."""
        left_BT = curls_as_left(points_BTVC, self.palm, self.roots, self.tips) & handedness_B.isnan()[:, None]
        return left_BT | (handedness_B < 0.5)[:, None]

    def distances(self, points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B T 55"]:
        """Measures every pair among the wrist, the root of each finger and its tip."""
        return length(points_BTVC[..., self.starts, :] - points_BTVC[..., self.ends, :])

    def curls(self, points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B T 5"]:
        return torch.stack([curl(points_BTVC[..., chain, :]) for chain in self.fingers], -1)
