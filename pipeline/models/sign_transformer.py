"""A transformer over the frames of a clip: what is measured by hand goes in, a class token says which sign it was.

Source: class token, Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3; pre-norm, Xiong et al. 2020,
https://arxiv.org/abs/2002.04745. Parameters: 12·layers·d² in the blocks, d·features to come in, d·classes to go out.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.models.frames import Standardize
from pipeline.models.transformer import Encoder, time_encoding
from pipeline.params import SignTransformer

SIZES = {"lightweight": (128, 2), "baseline": (192, 4), "medium": (256, 6), "large": (384, 6), "xlarge": (512, 8)}
HEAD_WIDTH = 64
FEED_FORWARD = 4  # times the width
FIRST_TOKEN = 0.02  # standard deviation of the class token at first


class Network(nn.Module):
    """Takes the seconds out of the last column; they say when a frame was, at whatever rate it was recorded."""

    def __init__(self, config: SignTransformer, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.width, layers = SIZES[config.size]
        self.standardize = Standardize(num_features - 1)
        self.project = nn.Linear(num_features - 1, self.width)
        self.token = nn.Parameter(FIRST_TOKEN * torch.randn(self.width))
        self.dropout = nn.Dropout(config.dropout)
        heads = self.width // HEAD_WIDTH
        self.encoder = Encoder(self.width, layers, heads, FEED_FORWARD * self.width, config.dropout)
        self.head = nn.Linear(self.width, num_classes)

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        logits_BK = self.head(self.encoder(*self.tokens(features_BTF, seen_BT))[:, 0])
        return logits_BK * seen_BT.any(1, keepdim=True)

    def tokens(
        self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]
    ) -> tuple[Float[Tensor, "B N D"], Bool[Tensor, "B N"]]:
        """Returns the class token and one for each frame, and which of them are seen."""
        measured_BTF, seconds_BT = features_BTF[..., :-1], features_BTF[..., -1]
        frames_BTD = self.project(self.standardize(measured_BTF, seen_BT)) + time_encoding(seconds_BT, self.width)
        token_B1D = self.token.expand(features_BTF.shape[0], 1, -1)  # `len` would fix the batch in an export
        tokens_BND = torch.cat([token_B1D, self.dropout(frames_BTD)], 1)
        mask_BN = torch.cat([torch.ones_like(seen_BT[:, :1]), seen_BT], 1)  # the token sees itself: no row is empty
        return tokens_BND, mask_BN


def attention(
    network: Network, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """Returns how much of the class token's attention in the last layer falls on each frame; seen ones sum to 1."""
    asked_BT = network.encoder.attention(*network.tokens(features_BTF, seen_BT))[-1].mean(1)[:, 0, 1:]
    return asked_BT / asked_BT.sum(1, keepdim=True).clamp_min(torch.finfo(asked_BT.dtype).tiny)
