"""Classification: weighted cross-entropy with label smoothing.

Source: label smoothing, Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn


class Classify(nn.Module):
    """Loss of a batch; `class_weights` has a weight for each of K classes, 1 on average."""

    class_weights: Tensor

    def __init__(self, class_weights: Float[Tensor, " K"], label_smoothing: float) -> None:
        super().__init__()
        self.register_buffer("class_weights", class_weights)
        self.label_smoothing = label_smoothing

    def forward(self, logits: Float[Tensor, "B K"], target: Int[Tensor, " B"]) -> Float[Tensor, ""]:
        return nn.functional.cross_entropy(
            logits, target, weight=self.class_weights, label_smoothing=self.label_smoothing
        )
