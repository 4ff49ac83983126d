"""102 numbers that moving, resizing and turning a hand in the picture leave as they are.

42 coordinates (x, y) with the wrist at the origin, the palm (wrist to middle knuckle) of length one and upright, left
hands mirrored; 55 distances among wrist, knuckles and fingertips in palm lengths; the curl of five fingers.
"""

from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import curl, curls_as_left, length, mirror, upright
from pipeline.skeleton import FINGERS, Skeleton

KNUCKLES = ("thumb_cmc", "index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp")
TIPS = ("thumb_tip", "index_tip", "middle_tip", "ring_tip", "pinky_tip")


class Features(nn.Module):
    anchors = ("wrist", "middle_mcp")

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.wrist, self.middle = skeleton.indices(*self.anchors)
        self.palm = skeleton.indices("wrist", "index_mcp", "pinky_mcp")
        self.roots, self.tips = skeleton.indices(*KNUCKLES[1:]), skeleton.indices(*TIPS[1:])
        pairs = list(combinations(skeleton.indices("wrist", *KNUCKLES, *TIPS), 2))
        self.starts, self.ends = [a for a, _ in pairs], [b for _, b in pairs]
        self.fingers = [skeleton.indices(*chain) for chain in FINGERS.values()]
        self.num_features = 2 * len(skeleton.points) + len(pairs) + len(self.fingers)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        left_BT = curls_as_left(points_BTVC, self.palm, self.roots, self.tips)
        left_BT = (handedness_B[:, None] < 0.5) | (handedness_B[:, None].isnan() & left_BT)
        points_BTVC = mirror(points_BTVC - points_BTVC[..., self.wrist : self.wrist + 1, :], left_BT)
        palm_BTC = points_BTVC[..., self.middle, :]
        points_BTVC = upright(points_BTVC / length(palm_BTC[..., :2])[..., None, None], palm_BTC)
        distances_BTF = length(points_BTVC[..., self.starts, :] - points_BTVC[..., self.ends, :])
        curls_BTF = torch.stack([curl(points_BTVC, chain) for chain in self.fingers], -1)
        return torch.cat([points_BTVC[..., :2].flatten(-2), distances_BTF, curls_BTF], -1)
