"""525 numbers: seven channels for each of the 75 points, point after point; `unflatten(-1, (75, 7))`.

x, y, z       from the middle of the shoulders, in shoulder widths (see `body`)
own x, y, z   of a hand's points, from its own wrist in its own size; zero for the pose
seen          1 recorded, 0 not: then the six others are bridged, filled, or zero
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.body import Body
from pipeline.skeleton import Skeleton

CHANNELS = ("x", "y", "z", "own_x", "own_y", "own_z", "seen")


class Features(nn.Module):
    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.names = tuple(f"{point}_{channel}" for point in skeleton.points for channel in CHANNELS)
        self.num_features = len(self.names)

    def forward(self, body: Body) -> Float[Tensor, "B T F"]:
        seen_BTV1 = body.seen[..., None].to(body.points.dtype)
        return torch.cat([body.points, body.own, seen_BTV1], -1).flatten(-2)
