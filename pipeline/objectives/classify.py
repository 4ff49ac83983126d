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
        return self.each(logits[:, None], target)[0]

    def each(self, logits_BAK: Float[Tensor, "B A K"], target_B: Int[Tensor, " B"]) -> Float[Tensor, " A"]:
        """Returns the loss of each of A answers to the same clips."""
        target_BA = target_B[:, None].expand(logits_BAK.shape[:2])
        losses_BA = nn.functional.cross_entropy(
            logits_BAK.transpose(1, 2),
            target_BA,
            weight=self.class_weights,
            label_smoothing=self.label_smoothing,
            reduction="none",
        )
        return losses_BA.sum(0) / self.class_weights[target_B].sum()
