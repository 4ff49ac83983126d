"""Deep supervision: every answer that a recurrent model goes through is held to the label, the later the more.

Within a frame answer t of T counts λ^(T−t). Over a clip the last frame counts half, and all frames together the other
half: a clip is judged by its end, and a stream is read before it, when a J may still be an I.
Source: within a frame, Jolicoeur-Martineau 2025, https://arxiv.org/abs/2510.04871, section 2, where all count alike.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pipeline.objectives.classify import Classify

LAST = 0.5  # of the last frame; the mean over all frames has the rest


class DeepSupervision(nn.Module):
    """Loss of a batch; the weights sum to 1, which makes it comparable with the loss of one answer."""

    def __init__(self, classify: Classify, discount: float) -> None:
        super().__init__()
        self.classify, self.discount = classify, discount

    def forward(
        self, logits: Float[Tensor, "B T D K"] | Float[Tensor, "B K"], target: Int[Tensor, " B"]
    ) -> Float[Tensor, ""]:
        """Takes every answer to a clip, as training gives them, or the final one."""
        if logits.ndim == 2:
            return self.classify(logits, target)
        num_frames, num_answers = logits.shape[1:3]
        weights_D = self.discount ** torch.arange(num_answers - 1, -1, -1, device=logits.device)
        weights_T = torch.full((num_frames,), (1 - LAST) / num_frames, device=logits.device)
        weights_T[-1] += LAST
        weights_TD = weights_T[:, None] * weights_D / weights_D.sum()
        losses_TD = self.classify.each(logits.flatten(1, 2), target).view(num_frames, num_answers)
        return (weights_TD * losses_TD).sum()
