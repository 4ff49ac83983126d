"""469 numbers made by hand of a signer's frame; NAMES has them one by one, in this order.

225 positions   {point}_x, _y, _z of the 75 points: from the middle of the shoulders, in shoulder widths (see `body`)
225 velocities  {point}_vx, _vy, _vz: shoulder widths per second, the mean of the step to this frame and the step to
                the next. At an end of what is known there is one step; a frame without neighbours has zeros.
19 shape        of each hand: {side}_hand_{finger}_curl of five fingers (0 straight, towards 1 as the tip comes back
                to the root), then {side}_hand_{finger}_{next}_spread of four neighbouring pairs, the distance between
                the directions from root to tip (2 sin of half the angle: 0 parallel, √2 square, 2 opposite);
                wrist_distance, between both hands' wrists in the picture plane, in shoulder widths.

What is not known, of a part or of a hand, is zero. Bridged gaps have positions, velocities and shape as seen frames.
"""

from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.features.body import Body
from pipeline.features.gaps import shifted
from pipeline.features.geometry import curl, length, unit
from pipeline.skeleton import FINGERS, SIDES, Skeleton, skeleton

PAIRS = tuple(pairwise(FINGERS))
NAMES = (
    *(f"{point}_{axis}" for point in skeleton("holistic").points for axis in ("x", "y", "z")),
    *(f"{point}_v{axis}" for point in skeleton("holistic").points for axis in ("x", "y", "z")),
    *(
        f"{side}_hand_{shape}"
        for side in SIDES
        for shape in (*(f"{finger}_curl" for finger in FINGERS), *(f"{a}_{b}_spread" for a, b in PAIRS))
    ),
    "wrist_distance",
)


class Features(nn.Module):
    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.names = NAMES
        self.num_features = len(NAMES)
        self.wrists = skeleton.indices(*(f"{side}_hand_wrist" for side in SIDES))
        self.fingers = [
            [skeleton.indices(*(f"{side}_hand_{point}" for point in chain)) for chain in FINGERS.values()]
            for side in SIDES
        ]

    def forward(self, body: Body) -> Float[Tensor, "B T F"]:
        points_BTVC = body.points
        velocities_BTVC = velocities(points_BTVC, body.known, body.steady) * body.fps[:, None, None, None]
        known_BT2 = body.known[..., self.wrists]
        shapes = [
            torch.where(known_BT1, self._shape(points_BTVC, fingers), 0.0)
            for fingers, known_BT1 in zip(self.fingers, known_BT2.split(1, -1), strict=True)
        ]
        left_BTC, right_BTC = (points_BTVC[..., wrist, :2] for wrist in self.wrists)
        apart_BT1 = torch.where(known_BT2.all(-1), length(left_BTC - right_BTC), 0.0)[..., None]
        return torch.cat([points_BTVC.flatten(-2), velocities_BTVC.flatten(-2), *shapes, apart_BT1], -1)

    def _shape(self, points_BTVC: Tensor, fingers: list[list[int]]) -> Tensor:
        """Returns five curls and four spreads of one hand."""
        curls = [curl(points_BTVC, chain) for chain in fingers]
        ways = [unit(points_BTVC[..., chain[-1], :] - points_BTVC[..., chain[0], :]) for chain in fingers]
        return torch.stack([*curls, *(length(b - a) for a, b in pairwise(ways))], -1)


def velocities(
    points_BTVC: Float[Tensor, "B T V C"], known_BTV: Bool[Tensor, "B T V"], steady_BT: Bool[Tensor, "B T"]
) -> Float[Tensor, "B T V C"]:
    """Returns the mean of the steps to and from each frame, per frame; a step needs both its ends, on one origin."""
    known_BTV1, steady_BT11 = known_BTV[..., None].float(), steady_BT[..., None, None].float()
    same_BT11 = 1 - (steady_BT11 - shifted(steady_BT11, 1)).abs()
    taken_BTV1 = known_BTV1 * shifted(known_BTV1, 1) * same_BT11
    steps_BTVC = (points_BTVC - shifted(points_BTVC, 1)) * taken_BTV1
    count_BTV1 = taken_BTV1 + shifted(taken_BTV1, -1)
    return (steps_BTVC + shifted(steps_BTVC, -1)) / count_BTV1.clamp_min(1.0)
