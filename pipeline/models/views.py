"""One answer from five views of a clip: test-time ensembling, inside the exported graph.

A signer is seen as recorded, in a mirror, faster, slower, and by a camera that leans; the mean of the logits is the
answer. What is evaluated is what is served, at five times the price. Speeds are views for models that read the frame
rate; where it is unknown they are the clip itself.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.models.recognizer import Recognizer
from pipeline.skeleton import skeleton as skeleton_by_name

NUM_VIEWS = 5
FASTER = 1.15  # times; and slower by as much
LEAN = math.radians(6)

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]  # landmarks, aspect, fps, handedness


class Views(Recognizer):
    """Wraps a trained recognizer; its parts keep their names, by which `export` leaves geometry in fp32."""

    def __init__(self, recognizer: Recognizer, skeleton: str) -> None:
        super().__init__(recognizer.preprocess, recognizer.network)
        self.mirrored = skeleton_by_name(skeleton).mirrored()

    def forward(
        self, values: Float[Tensor, "B T V C"], *columns: Float[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, " B"]]:
        each = zip(*self.of(values, *columns), strict=True)
        logits_NK, seen_N = super().forward(*(torch.cat(input) for input in each))
        return logits_NK.unflatten(0, (NUM_VIEWS, -1)).mean(0), seen_N.unflatten(0, (NUM_VIEWS, -1))[0]

    def of(self, landmarks: Tensor, aspect: Tensor, fps: Tensor, handedness: Tensor) -> list[Inputs]:
        """Returns the five views, the clip itself first."""
        leant = _kept(landmarks, lean(landmarks, aspect))
        flipped = _kept(landmarks, torch.cat([1 - landmarks[..., :1], landmarks[..., 1:]], -1))[:, :, self.mirrored]
        return [
            (landmarks, aspect, fps, handedness),
            (flipped, aspect, fps, 1 - handedness),
            (landmarks, aspect, fps * FASTER, handedness),
            (landmarks, aspect, fps / FASTER, handedness),
            (leant, aspect, fps, handedness),
        ]


def lean(landmarks: Float[Tensor, "B T V C"], aspect: Float[Tensor, " B"]) -> Float[Tensor, "B T V C"]:
    """Turns the picture about its middle, by LEAN; lengths are those of a square picture."""
    x, y, depth = (landmarks - landmarks.new_tensor([0.5, 0.5, 0.0])).split(1, -1)
    wide = aspect[:, None, None, None]
    cos, sin = math.cos(LEAN), math.sin(LEAN)
    return torch.cat([0.5 + cos * x - sin * y / wide, 0.5 + sin * x * wide + cos * y, depth], -1)


def _kept(landmarks: Tensor, moved: Tensor) -> Tensor:
    """A body's all-zero part was not seen; moved, it would be."""
    return torch.where((landmarks == 0).all(-1, keepdim=True), landmarks, moved)
