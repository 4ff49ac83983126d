"""What models of single frames share: standardised features, and one answer from many frames."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

MAX_DEVIATIONS = 8.0  # a frame without a hand lies far outside, and would take all of an int8 range for itself
MIN_MOMENTUM = 0.01  # after a hundred batches the average forgets instead of only adding up


class Standardize(nn.Module):
    """Gives each feature mean 0 and deviation 1, by running statistics of seen frames.

    Unlike batch norm it is the same function in training and after it, and padding does not count.
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("variance", torch.ones(num_features))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T F"]:
        if self.training:
            self._update(features_BTF.detach(), seen_BT)
        deviations_BTF = (features_BTF - self.mean) / (self.variance + 1e-4).sqrt()
        return deviations_BTF.clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)

    @torch.no_grad()
    def _update(self, features_BTF: Tensor, seen_BT: Tensor) -> None:
        frames = features_BTF[seen_BT]
        if len(frames) < 2:
            return
        self.batches += 1
        momentum = (1 / self.batches).clamp_min(MIN_MOMENTUM)
        self.mean.lerp_(frames.mean(0), momentum)
        self.variance.lerp_(frames.var(0), momentum)


def mean_seen(logits_BTK: Float[Tensor, "B T K"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
    """Averages over the seen frames; a clip without any gets zeros, every class alike."""
    weights_BT1 = seen_BT[..., None].to(logits_BTK.dtype)
    return (logits_BTK * weights_BT1).sum(1) / weights_BT1.sum(1).clamp_min(1.0)
