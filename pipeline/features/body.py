"""A signer's clip about the signer's own body: where the signer stands, how large, and when is taken out.

The origin of a frame is the middle of the shoulders in that frame, so a signer may drift and lean; what is left is the
hands' movement relative to the body. A frame without shoulders borrows the clip's median middle. The unit is the
clip's median shoulder width in the picture plane: one frame's would pulse with every turn of the trunk. A clip without
shoulders has the median middle of its hands as the origin, and SHOULDERS of its median hand sizes as the unit.

Depth: a detector gives the pose's z from the middle of the hips and each hand's from its own wrist. Here a hand's
wrist has the z of the pose's wrist in frames with shoulders of their own, and z zero in all other frames.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pipeline.features.gaps import Gaps
from pipeline.features.geometry import length, median, spread
from pipeline.skeleton import SIDES, Skeleton

SHOULDERS = 5.9  # hand sizes (geometry.spread) in a shoulder width; median of real clips, 90 % lie in 4.4 to 8.1
MIN_WIDTH = 1e-3  # of shoulders, in picture heights; narrower ones are no measure


@dataclass(frozen=True)
class Body:
    """What the sets of features are measured from; points of a part that is not known are zero.

    points       from the middle of the shoulders, in shoulder widths
    own          the hands' points, each from its own wrist in its own size; zero for the pose
    seen         recorded
    known        of each part: recorded or bridged
    steady       the origin is the frame's own; it jumps where this changes
    fps          frames per second
    """

    points: Float[Tensor, "B T V 3"]
    own: Float[Tensor, "B T V 3"]
    seen: Bool[Tensor, "B T V"]
    known: Bool[Tensor, "B T P"]
    steady: Bool[Tensor, "B T"]
    fps: Float[Tensor, " B"]


class Frame:
    """Finds the columns that a body is measured by once."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.shoulders = skeleton.indices("pose_left_shoulder", "pose_right_shoulder")
        self.hands = [skeleton.span(f"{side}_hand") for side in SIDES]
        self.wrists = skeleton.indices(*(f"{side}_hand_wrist" for side in SIDES))
        self.pose_wrists = skeleton.indices(*(f"pose_{side}_wrist" for side in SIDES))
        self.pose = skeleton.span("pose")

    def origin(
        self,
        points_BTVC: Float[Tensor, "B T V 3"],
        seen_BTV: Bool[Tensor, "B T V"],
        seen_BT2: Bool[Tensor, "B T 2"],
        fps_B: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B T 3"], Float[Tensor, " B"], Bool[Tensor, "B T"]]:
        """Returns each frame's origin, the clip's unit, and which frames have shoulders of their own; see above.

        `seen_BT2` says which hands are seen.
        """
        left, right = self.shoulders
        left_BTC, right_BTC = points_BTVC[..., left, :], points_BTVC[..., right, :]
        middle_BTC = (left_BTC + right_BTC) / 2
        width_BT1 = length((left_BTC - right_BTC)[..., :2])[..., None]
        there_BT = seen_BTV[..., left] & seen_BTV[..., right] & (width_BT1[..., 0] > MIN_WIDTH)
        bridges = Gaps(there_BT[..., None], fps_B)
        steady_BT = there_BT | bridges.bridged_BTP[..., 0]
        hands_BTC, sizes_BT1 = self._hands(points_BTVC)
        seen_BN = seen_BT2.transpose(1, 2).flatten(1)
        any_B = there_BT.any(1)
        usual_BC = torch.where(any_B[:, None], median(middle_BTC, there_BT), median(hands_BTC, seen_BN))
        by_hands_B = torch.where(seen_BN.any(1), SHOULDERS * median(sizes_BT1, seen_BN)[:, 0], 1.0)
        unit_B = torch.where(any_B, median(width_BT1, there_BT)[:, 0], by_hands_B).clamp_min(MIN_WIDTH)
        bridged_BTC = bridges.bridge(middle_BTC[..., None, :], [slice(0, 1)])[..., 0, :]
        return torch.where(steady_BT[..., None], bridged_BTC, usual_BC[:, None]), unit_B, steady_BT

    def _hands(self, points_BTVC: Tensor) -> tuple[Tensor, Tensor]:
        """Returns middles and sizes of both hands, left frames before right ones; z stays at the wrist."""
        hands = [points_BTVC[..., hand, :] for hand in self.hands]
        middles = [torch.cat([hand.mean(-2)[..., :2], torch.zeros_like(hand[..., 0, :1])], -1) for hand in hands]
        return torch.cat(middles, 1), torch.cat([spread(hand) for hand in hands], 1)[..., None]

    def zeros(
        self, points_BTVC: Float[Tensor, "B T V 3"], origin_BTC: Float[Tensor, "B T 3"], steady_BT: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B T P 3"]:
        """Returns where zero is for each part: at the origin, but a hand's depth counts from where its arm ends."""
        x_y_BTC, z_BT = origin_BTC[..., :2], origin_BTC[..., 2]
        places = []
        for wrist, pose_wrist in zip(self.wrists, self.pose_wrists, strict=True):
            arm_BT = torch.where(steady_BT, points_BTVC[..., pose_wrist, 2] - z_BT, 0.0)
            places.append(torch.cat([x_y_BTC, (points_BTVC[..., wrist, 2] - arm_BT)[..., None]], -1))
        return torch.stack([*places, origin_BTC], -2)

    def own(self, points_BTVC: Float[Tensor, "B T V 3"]) -> Float[Tensor, "B T V 3"]:
        """Returns each hand's points from its wrist, its size in the picture plane as the unit; zeros for the pose."""
        hands = [points_BTVC[..., hand, :] for hand in self.hands]
        own = [(hand - hand[..., :1, :]) / spread(hand)[..., None, None] for hand in hands]
        return torch.cat([*own, torch.zeros_like(points_BTVC[..., self.pose, :])], -2)
