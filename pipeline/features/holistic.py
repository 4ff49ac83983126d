"""Recorded landmarks of a whole body to features: `preprocess` for clips of two hands and a pose.

A part (a hand, the pose) comes and goes as a whole, as detectors find it: one that is NaN, or all zeros, was not seen.
Whole clips, not causal: scale and origin are medians over a clip. Every operation here must export to ONNX.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.features import build
from pipeline.features.body import Body, Frame
from pipeline.features.gaps import Gaps, usual
from pipeline.features.preprocess import fill, square
from pipeline.skeleton import Skeleton

MIN_SEEN = 1 / 3  # share of a part's points; a third of a pose are the arms alone
HANDS = 2  # of the parts, the first


class Preprocess(nn.Module):
    """Undoes the aspect, completes parts, bridges short gaps, takes the body as the frame, and measures features.

    The last feature is always `seconds`, the time since the clip's first seen frame.
    """

    neighbours: Tensor
    members: Tensor
    coordinates: Tensor

    def __init__(self, features: str, skeleton: Skeleton) -> None:
        super().__init__()
        self.features = build(features, skeleton)
        self.num_features: int = self.features.num_features + 1
        self.frame = Frame(skeleton)
        self.spans = [skeleton.span(name) for name in skeleton.parts]
        members_PV, neighbours_VV = (
            torch.zeros(len(self.spans), len(skeleton.points)),
            torch.zeros(2 * (len(skeleton.points),)),
        )
        for part, span in enumerate(self.spans):
            members_PV[part, span] = 1
        for a, b in skeleton.edges:
            i, j = skeleton.indices(a, b)
            neighbours_VV[i, j] = neighbours_VV[j, i] = (
                members_PV[:, i] @ members_PV[:, j]
            )  # an arm is no piece of a hand
        self.register_buffer("members", members_PV, persistent=False)
        self.register_buffer("neighbours", neighbours_VV, persistent=False)
        self.register_buffer("coordinates", torch.kron(members_PV, torch.eye(3)), persistent=False)  # [P × 3, V × 3]

    def forward(
        self,
        landmarks_BTVC: Float[Tensor, "B T V C"],
        aspect_B: Float[Tensor, " B"],
        fps_B: Float[Tensor, " B"],
        handedness_B: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B T F"], Bool[Tensor, "B T"]]:
        """Measures every frame; one in which no part is seen has zero features. `handedness_B` is for one hand.

        What holds for a part is spread over its coordinates by a product with zeros and ones: exact, and several times
        faster in ONNX Runtime than masks that it has to broadcast.
        """
        seen_BTV, seen_BTP = self._seen(landmarks_BTVC)
        points_BTVC = self._complete(square(landmarks_BTVC, aspect_B), seen_BTV)
        fps_B = usual(fps_B)
        origin_BTC, unit_B, steady_BT = self.frame.origin(points_BTVC, seen_BTV, seen_BTP[..., :HANDS], fps_B)
        gaps = Gaps(seen_BTP, fps_B)
        known_BTP = seen_BTP | gaps.bridged_BTP
        points_BTVC = gaps.bridge(points_BTVC, self.spans)
        zeros_BTVC = self._spread(self.frame.zeros(points_BTVC, origin_BTC, steady_BT))
        known_BTVC = self._spread(known_BTP[..., None].expand(-1, -1, -1, 3).to(points_BTVC.dtype))
        body = Body(
            points=(points_BTVC - zeros_BTVC) * known_BTVC / unit_B[:, None, None, None],
            own=self.frame.own(points_BTVC) * known_BTVC,
            seen=seen_BTV,
            known=known_BTP,
            steady=steady_BT,
            fps=fps_B,
        )
        seen_BT = seen_BTP.any(-1)
        features_BTF = torch.cat([self.features(body), _seconds(seen_BT, fps_B)[..., None]], -1)
        return torch.where(seen_BT[..., None], features_BTF, 0.0), seen_BT

    def _spread(self, values_BTPC: Tensor) -> Tensor:
        """Gives every point what its part has."""
        return (values_BTPC.flatten(-2) @ self.coordinates).unflatten(-1, (-1, 3))

    def _seen(self, landmarks_BTVC: Tensor) -> tuple[Tensor, Tensor]:
        """Says which points, and which parts, are seen; a point of a part that is not seen is not."""
        seen_BTV = ~landmarks_BTVC.sum(-1).isnan()
        sizes_BTV = torch.where(seen_BTV, landmarks_BTVC.abs().sum(-1), 0.0)
        share_BTP = (seen_BTV.to(sizes_BTV.dtype) @ self.members.T) / self.members.sum(1)
        seen_BTP = (share_BTP >= MIN_SEEN) & (sizes_BTV @ self.members.T > 0)
        return seen_BTV & (seen_BTP.to(sizes_BTV.dtype) @ self.members > 0), seen_BTP

    def _complete(self, points_BTVC: Tensor, seen_BTV: Tensor) -> Tensor:
        """Fills single missing points of each part; those that no bone leads to are put in the part's middle."""
        points_BTCV, seen_BT1V = points_BTVC.transpose(-1, -2), seen_BTV[..., None, :]
        sums_BTCP = torch.where(seen_BT1V, points_BTCV, 0.0) @ self.members.T
        counts_BT1P = seen_BT1V.to(points_BTVC.dtype) @ self.members.T
        middle_BTCV = (sums_BTCP / counts_BT1P.clamp_min(1.0)) @ self.members
        return (fill(points_BTCV - middle_BTCV, seen_BTV, self.neighbours) + middle_BTCV).transpose(-1, -2)


def _seconds(seen_BT: Tensor, fps_B: Tensor) -> Tensor:
    frames_T = torch.arange(seen_BT.shape[1], device=seen_BT.device, dtype=fps_B.dtype)
    first_B1 = torch.where(seen_BT, frames_T, torch.inf).amin(1, keepdim=True)
    return (frames_T - first_B1).clamp_min(0.0) / fps_B[:, None]
