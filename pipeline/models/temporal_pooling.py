"""From frames to the tokens of a transformer: fewer of them, and each with its time.

A clip is divided by its own seen span, from the first seen frame to the last; so frames that are not seen before or
behind it change nothing, and a clip of half the frame rate is divided alike. Everything is a product with a matrix of
shares, since an index by a clip's own length would not export.
Source: parallel dilated convolutions, Bai et al. 2018, https://arxiv.org/abs/1803.01271, here not causal; learned
queries, Lee et al. 2019, https://arxiv.org/abs/1810.00825, section 3.2.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.models.transformer import key_bias, time_encoding

DILATIONS = (1, 2, 4)

Tokens = tuple[Float[Tensor, "B N D"], Bool[Tensor, "B N"]]


class Pooling(nn.Module, ABC):
    """Makes tokens of frames; a token that is masked stands for no frame."""

    @abstractmethod
    def forward(
        self, frames_BTD: Float[Tensor, "B T D"], seconds_BT: Float[Tensor, "B T"], seen_BT: Bool[Tensor, "B T"]
    ) -> Tokens: ...

    @abstractmethod
    def shares(
        self, frames_BTD: Float[Tensor, "B T D"], seconds_BT: Float[Tensor, "B T"], seen_BT: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B N T"]:
        """Returns what of each token comes from each frame, for drawing; a token's shares sum to 1."""


class Every(Pooling):
    """`none`: every frame is a token."""

    def forward(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tokens:
        return frames_BTD + time_encoding(seconds_BT, frames_BTD.shape[-1]), seen_BT

    def shares(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tensor:
        return torch.eye(seen_BT.shape[1], device=seen_BT.device) * seen_BT[:, None]


class Convolved(Pooling):
    """`tcn`: convolutions of three dilations beside each other, fused, then averaged over pieces of the clip."""

    def __init__(self, d_model: int, tokens: int, dropout: float) -> None:
        super().__init__()
        self.tokens = tokens
        self.norm = nn.LayerNorm(d_model)
        self.branches = nn.ModuleList(
            nn.Conv1d(d_model, d_model // 2, 3, padding=dilation, dilation=dilation) for dilation in DILATIONS
        )
        self.fuse = nn.Sequential(nn.GELU(), nn.Dropout(dropout), nn.Linear(len(DILATIONS) * (d_model // 2), d_model))

    def convolve(self, frames_BTD: Tensor, seen_BT: Tensor) -> Tensor:
        """Returns frames that know of those around them; one that is not seen is a zero to them."""
        seen_BDT = (self.norm(frames_BTD) * seen_BT[..., None]).transpose(1, 2)
        branches_BET = torch.cat([branch(seen_BDT) for branch in self.branches], 1)
        return frames_BTD + self.fuse(branches_BET.transpose(1, 2))

    def forward(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tokens:
        return average(self.convolve(frames_BTD, seen_BT), seconds_BT, seen_BT, self.tokens)

    def shares(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tensor:
        return span_shares(seen_BT, self.tokens)


class Asked(Pooling):
    """`attention`: learned queries, each with an answer from all seen frames."""

    def __init__(self, d_model: int, tokens: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Parameter(torch.randn(tokens, d_model))
        self.norm = nn.LayerNorm(d_model)
        self.project, self.out = nn.Linear(d_model, 2 * d_model), nn.Linear(d_model, d_model)

    def forward(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tokens:
        key, value = self._split(frames_BTD, seconds_BT)
        queries_BHNE = self._queries().expand(key.shape[0], -1, -1, -1)
        bias_B11T = key_bias(seen_BT, key.dtype)
        answers_BHNE = functional.scaled_dot_product_attention(queries_BHNE, key, value, attn_mask=bias_B11T)
        tokens_BND = self.out(answers_BHNE.transpose(1, 2).flatten(2)) + self.queries
        return tokens_BND, seen_BT.any(1, keepdim=True).expand(-1, len(self.queries))

    def shares(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tensor:
        key, _ = self._split(frames_BTD, seconds_BT)
        scores_BHNT = self._queries() @ key.transpose(-1, -2) / key.shape[-1] ** 0.5
        return (scores_BHNT + key_bias(seen_BT, key.dtype)).softmax(-1).mean(1)

    def _queries(self) -> Tensor:
        return self.queries.unflatten(-1, (self.heads, -1)).transpose(0, 1)

    def _split(self, frames_BTD: Tensor, seconds_BT: Tensor) -> tuple[Tensor, Tensor]:
        timed_BTD = self.norm(frames_BTD) + time_encoding(seconds_BT, frames_BTD.shape[-1])
        key, value = self.project(timed_BTD).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        return key, value


class Hybrid(Pooling):
    """`hybrid`: half of the tokens from `tcn`, half from queries to the frames that it convolved."""

    def __init__(self, d_model: int, tokens: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.convolved = Convolved(d_model, tokens - tokens // 2, dropout)
        self.asked = Asked(d_model, tokens // 2, heads)

    def forward(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tokens:
        frames_BTD = self.convolved.convolve(frames_BTD, seen_BT)
        pooled = average(frames_BTD, seconds_BT, seen_BT, self.convolved.tokens)
        asked = self.asked(frames_BTD, seconds_BT, seen_BT)
        return torch.cat([pooled[0], asked[0]], 1), torch.cat([pooled[1], asked[1]], 1)

    def shares(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tensor:
        asked_BNT = self.asked.shares(self.convolved.convolve(frames_BTD, seen_BT), seconds_BT, seen_BT)
        return torch.cat([span_shares(seen_BT, self.convolved.tokens), asked_BNT], 1)


def build(pooling: str, *, d_model: int, tokens: int, heads: int, dropout: float) -> Pooling:
    """Builds a pooling by its name in params.yaml."""
    if pooling == "none":
        return Every()
    if pooling == "attention":
        return Asked(d_model, tokens, heads)
    if pooling == "tcn":
        return Convolved(d_model, tokens, dropout)
    assert pooling == "hybrid", pooling
    return Hybrid(d_model, tokens, heads, dropout)


def average(
    frames_BTD: Float[Tensor, "B T D"], seconds_BT: Float[Tensor, "B T"], seen_BT: Bool[Tensor, "B T"], tokens: int
) -> Tokens:
    """Averages the seen frames of each piece of a clip, and their times; a piece without any is masked."""
    shares_BNT = span_shares(seen_BT, tokens)
    seconds_BN = (shares_BNT * seconds_BT[:, None]).sum(-1)  # no product of matrices: in bf16 that rounds time
    tokens_BND = shares_BNT @ frames_BTD + time_encoding(seconds_BN, frames_BTD.shape[-1])
    return tokens_BND, shares_BNT.sum(-1) > 0


def span_shares(seen_BT: Bool[Tensor, "B T"], tokens: int) -> Float[Tensor, "B N T"]:
    """Returns the weights that average each of at most `tokens` pieces of the seen span.

    A span of fewer frames has a piece a frame, and the tokens behind them stay empty. Pieces of a longer one overlap by
    a frame where they do not divide it, as those of adaptive pooling.
    """
    frames_T = torch.arange(seen_BT.shape[1], device=seen_BT.device)
    first_B1 = torch.where(seen_BT, frames_T, seen_BT.shape[1]).amin(1, keepdim=True)
    last_B1 = torch.where(seen_BT, frames_T, -1).amax(1, keepdim=True)
    length_B1 = (last_B1 - first_B1 + 1).clamp_min(1)
    pieces_B1 = length_B1.clamp_max(tokens)
    piece_N = torch.arange(tokens, device=seen_BT.device)
    start_BN = (piece_N * length_B1).div(pieces_B1, rounding_mode="floor")
    end_BN = ((piece_N + 1) * length_B1 + pieces_B1 - 1).div(pieces_B1, rounding_mode="floor")
    place_B1T = (frames_T - first_B1)[:, None]
    inside_BNT = (place_B1T >= start_BN[..., None]) & (place_B1T < end_BN[..., None]) & seen_BT[:, None]
    inside_BNT = (inside_BNT & (piece_N < pieces_B1)[..., None]).float()
    return inside_BNT / inside_BNT.sum(-1, keepdim=True).clamp_min(1)
