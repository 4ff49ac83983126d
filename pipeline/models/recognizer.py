"""Preprocessing and network as one module: what is trained is what is exported and served."""

from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.preprocess import Preprocess


class Recognizer(nn.Module):
    """Maps recorded landmarks to logits; a clip without one seen frame gets zeros and `seen` 0."""

    def __init__(self, preprocess: Preprocess, network: nn.Module) -> None:
        super().__init__()
        self.preprocess = preprocess
        self.network = network

    def forward(
        self,
        landmarks: Float[Tensor, "B T V C"],
        aspect: Float[Tensor, " B"],
        fps: Float[Tensor, " B"],
        handedness: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, " B"]]:
        features_BTF, seen_BT = self.preprocess(landmarks, aspect, fps, handedness)
        return self.network(features_BTF, seen_BT), seen_BT.to(landmarks.dtype).mean(1)
