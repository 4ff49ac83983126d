"""Distillation: a student learns a teacher's doubts besides the labels, what resembles what.

Source: Hinton et al. 2015, https://arxiv.org/abs/1503.02531, section 2: soft targets at a temperature, whose gradients
shrink with its square and are scaled back by it.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from pipeline.objectives.classify import Classify


class Distill(nn.Module):
    """Loss of a batch; `share` of it is the divergence from the teacher's answers to the same, augmented clips."""

    def __init__(self, classify: Classify, temperature: float, share: float) -> None:
        super().__init__()
        self.classify, self.temperature, self.share = classify, temperature, share

    def forward(
        self,
        logits: Float[Tensor, "B K"],
        target: Int[Tensor, " B"],
        taught: Float[Tensor, "B K"] | None = None,
    ) -> Float[Tensor, ""]:
        """Takes the teacher's logits in training; without them, in validation, only the labels count."""
        loss = self.classify(logits, target)
        if taught is None:
            return loss
        soft_BK = (taught / self.temperature).log_softmax(-1)
        student_BK = (logits / self.temperature).log_softmax(-1)
        apart = nn.functional.kl_div(student_BK, soft_BK, reduction="batchmean", log_target=True)
        return (1 - self.share) * loss + self.share * self.temperature**2 * apart
