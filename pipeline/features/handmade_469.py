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
    fingers: Tensor
    coordinates: Tensor

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.names = NAMES
        self.num_features = len(NAMES)
        self.wrists = skeleton.indices(*(f"{side}_hand_wrist" for side in SIDES))
        self.hands = [list(skeleton.parts).index(f"{side}_hand") for side in SIDES]
        self.shape = (len(SIDES), len(FINGERS), -1)
        chains = [
            skeleton.indices(*(f"{side}_hand_{point}" for point in c)) for side in SIDES for c in FINGERS.values()
        ]
        self.register_buffer("fingers", torch.tensor(chains).flatten(), persistent=False)
        coordinates_PX = torch.zeros(len(skeleton.parts), len(skeleton.points), 3)
        for part, name in enumerate(skeleton.parts):
            coordinates_PX[part, skeleton.span(name)] = 1
        self.register_buffer("coordinates", coordinates_PX.flatten(1), persistent=False)

    def forward(self, body: Body) -> Float[Tensor, "B T F"]:
        points_BTVC = body.points
        places_BTX = points_BTVC.flatten(-2)
        left, right = self.hands
        known_BT2 = torch.stack([body.known[..., left], body.known[..., right]], -1)
        left_BTC, right_BTC = (points_BTVC[..., wrist, :2] for wrist in self.wrists)
        apart_BT = torch.where(known_BT2.all(-1), length(left_BTC - right_BTC), 0.0)
        shapes_BT2S = torch.where(known_BT2[..., None], self._shapes(points_BTVC), 0.0)
        moving_BTX = velocities(places_BTX, body.known, self.coordinates, body.steady, body.fps)
        return torch.cat([places_BTX, moving_BTX, shapes_BT2S.flatten(-2), apart_BT[..., None]], -1)

    def _shapes(self, points_BTVC: Tensor) -> Tensor:
        """Returns five curls and four spreads of each hand."""
        fingers_BT2FKC = points_BTVC.index_select(-2, self.fingers).unflatten(-2, self.shape)
        ways_BT2FC = unit(fingers_BT2FKC[..., -1, :] - fingers_BT2FKC[..., 0, :])
        return torch.cat([curl(fingers_BT2FKC), length(ways_BT2FC[..., 1:, :] - ways_BT2FC[..., :-1, :])], -1)


def velocities(
    places_BTX: Float[Tensor, "B T X"],
    known_BTP: Bool[Tensor, "B T P"],
    members_PX: Float[Tensor, "P X"],
    steady_BT: Bool[Tensor, "B T"],
    fps_B: Float[Tensor, " B"],
) -> Float[Tensor, "B T X"]:
    """Returns the mean of the steps to and from each frame, per second; a step needs both its ends, on one origin.

    members_PX  1 where a coordinate is of a part, which is known as a whole
    """
    known_BTP, steady_BT1 = known_BTP.to(places_BTX.dtype), steady_BT[..., None].to(places_BTX.dtype)
    same_BT1 = 1 - (steady_BT1 - shifted(steady_BT1, 1)).abs()
    taken_BTP = known_BTP * shifted(known_BTP, 1) * same_BT1
    rate_BTP = fps_B[:, None, None] / (taken_BTP + shifted(taken_BTP, -1)).clamp_min(1.0)
    steps_BTX = (places_BTX - shifted(places_BTX, 1)) * (taken_BTP @ members_PX)
    return (steps_BTX + shifted(steps_BTX, -1)) * (rate_BTP @ members_PX)
