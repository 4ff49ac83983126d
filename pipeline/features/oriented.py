"""192 numbers: how a hand is held, seen from the camera, and its shape, seen from its own palm.

`invariant` cannot tell G from Q, K from P, H from U or I from J: one shape, held differently. Here 69 numbers keep how
it is held, 63 coordinates in the picture's axes and the palm's direction and normal; 123 do not change when the hand
turns in space: 63 coordinates in the palm's axes, 55 distances among the wrist, finger roots and fingertips, the curl
of five fingers. The wrist is at the origin, the palm (wrist to middle knuckle) has length one, left hands are mirrored.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import length, unit
from pipeline.features.hand import ANCHORS, Hand
from pipeline.skeleton import Skeleton


class Features(nn.Module):
    anchors = ANCHORS

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.hand = Hand(skeleton)
        self.num_features = 6 * len(skeleton.points) + 6 + len(self.hand.starts) + len(self.hand.fingers)

    def forward(
        self, points_BTVC: Float[Tensor, "B T V C"], handedness_B: Float[Tensor, " B"]
    ) -> Float[Tensor, "B T F"]:
        points_BTVC = self.hand.from_wrist(points_BTVC, handedness_B)
        points_BTVC = points_BTVC / length(points_BTVC[..., self.hand.middle, :])[..., None, None]
        frame_BTCC = self.frame(points_BTVC)
        held = [points_BTVC.flatten(-2), frame_BTCC[..., 1:, :].flatten(-2)]
        in_palm_BTVC = points_BTVC @ frame_BTCC.transpose(-1, -2)
        shape = [in_palm_BTVC.flatten(-2), self.hand.distances(points_BTVC), self.hand.curls(points_BTVC)]
        return torch.cat([*held, *shape], -1)

    def frame(self, points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B T 3 3"]:
        """Returns the palm's own axes as rows: across it, along its bone, out of it."""
        along_BTC = unit(points_BTVC[..., self.hand.middle, :])
        wrist, index, pinky = (points_BTVC[..., i, :] for i in self.hand.palm)
        across_BTC = unit(torch.linalg.cross(along_BTC, torch.linalg.cross(index - wrist, pinky - wrist)))
        return torch.stack([across_BTC, along_BTC, torch.linalg.cross(across_BTC, along_BTC)], -2)
