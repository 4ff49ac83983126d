"""Recorded landmarks to features: the one preprocessing, trained with and exported in front of the model.

Every operation here must export to ONNX, so NaN is masked by `where` and nothing has a data-dependent shape.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.features import build
from pipeline.features.place import COLUMNS, Place
from pipeline.skeleton import Skeleton

FILL_PASSES = 4  # the bones from the wrist to a fingertip
MIN_SEEN = 0.5  # share of the points
MIN_PALM = 1e-4  # in picture heights; a shorter palm is below a pixel and has no direction


class Preprocess(nn.Module):
    """Undoes the aspect, fills single missing points, decides which frames are seen, and measures features."""

    neighbours: Tensor

    def __init__(self, features: str, skeleton: Skeleton, *, place: bool = False) -> None:
        super().__init__()
        self.features = build(features, skeleton)
        self.place = Place(skeleton) if place else None
        self.num_features: int = self.features.num_features + len(COLUMNS) * place
        self.anchors = skeleton.indices(*self.features.anchors)
        neighbours = torch.zeros(len(skeleton.points), len(skeleton.points))
        for a, b in skeleton.edges:
            i, j = skeleton.indices(a, b)
            neighbours[i, j] = neighbours[j, i] = 1
        self.register_buffer("neighbours", neighbours, persistent=False)

    def forward(
        self,
        landmarks_BTVC: Float[Tensor, "B T V C"],
        aspect_B: Float[Tensor, " B"],
        fps_B: Float[Tensor, " B"],
        handedness_B: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B T F"], Bool[Tensor, "B T"]]:
        """Measures every frame; a frame that is not seen has zero features, but lasts as long as any.

        The frame rate belongs to the contract of every exported model; no set of one-frame features reads it, `place`
        does.
        """
        seen_BTV = ~landmarks_BTVC.isnan().any(-1)
        points_BTCV = square(landmarks_BTVC, aspect_B).transpose(-1, -2)
        points_BTVC = fill(points_BTCV, seen_BTV, self.neighbours).transpose(-1, -2)
        start, end = self.anchors
        palm_BT = (points_BTVC[..., end, :2] - points_BTVC[..., start, :2]).abs().amax(-1)
        seen_BT = seen_BTV[..., start] & seen_BTV[..., end] & (palm_BT > MIN_PALM)
        seen_BT = seen_BT & (seen_BTV.float().mean(-1) >= MIN_SEEN)
        features_BTF = torch.where(seen_BT[..., None], self.features(points_BTVC, handedness_B), 0.0)
        if self.place is not None:
            features_BTF = torch.cat([features_BTF, self.place(points_BTVC, fps_B, handedness_B)], -1)
        return features_BTF, seen_BT


def square(landmarks_BTVC: Float[Tensor, "B T V C"], aspect_B: Float[Tensor, " B"]) -> Float[Tensor, "B T V C"]:
    """Measures x, y and z in picture heights; a detector gives x and z in widths."""
    ones_B = torch.ones_like(aspect_B)
    return landmarks_BTVC * torch.stack([aspect_B, ones_B, aspect_B], -1)[:, None, None]


def fill(
    points_BTCV: Float[Tensor, "B T C V"], seen_BTV: Bool[Tensor, "B T V"], neighbours_VV: Float[Tensor, "V V"]
) -> Float[Tensor, "B T C V"]:
    """Puts each missing point at the mean of its seen neighbours, then theirs; what none reaches is at zero.

    It has to be causal, so a frame is filled from itself alone. The points are the last axis: what holds for a point
    holds for its coordinates, and the other way round each of them costs ONNX Runtime several times as much.
    """
    seen_BT1V = seen_BTV[..., None, :]
    points_BTCV = torch.where(seen_BT1V, points_BTCV, 0.0)
    both_BTDV = torch.cat([points_BTCV, seen_BT1V.to(points_BTCV.dtype)], -2)  # coordinates, then known
    for _ in range(FILL_PASSES):
        sum_BTDV = both_BTDV @ neighbours_VV
        mean_BTDV = sum_BTDV / sum_BTDV[..., -1:, :].clamp_min(1.0)  # of nothing: zeros, and still not known
        both_BTDV = torch.where(both_BTDV[..., -1:, :] > 0, both_BTDV, mean_BTDV)
    return both_BTDV[..., :-1, :]
