"""A pre-norm transformer encoder over masked tokens, and sinusoids of time; the models of whole clips share it.

Nothing depends on how many masked tokens stand behind the seen ones. Attention has no dropout of its own: with it
PyTorch leaves its fused kernels on a CPU. A row that sees no token gets finite values, never NaN.
Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, sections 3.2 and 3.5; the norm before each layer is Xiong
et al. 2020, https://arxiv.org/abs/2002.04745.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

FORBIDDEN = -1e9  # finite: a softmax over nothing but these is uniform, over -inf it is NaN
SHORTEST, LONGEST = 0.25, 64.0  # seconds, the sinusoids' periods; two frames at 8 fps tell the shortest


class Encoder(nn.Module):
    """Refines seen tokens by attention among them; tokens that are masked come out finite, and mean nothing."""

    def __init__(
        self, d_model: int, layers: int, heads: int, feed_forward: int, dropout: float, *, checkpointing: bool = False
    ) -> None:
        super().__init__()
        self.checkpointing = checkpointing  # in training: a layer's inside is computed twice, and not kept
        self.layers = nn.ModuleList(Layer(d_model, heads, feed_forward, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tokens_BND: Float[Tensor, "B N D"], mask_BN: Bool[Tensor, "B N"]) -> Float[Tensor, "B N D"]:
        """Takes a mask that is True where a token is seen."""
        bias_B11N = key_bias(mask_BN, tokens_BND.dtype)
        for layer in self.layers:
            if self.checkpointing and self.training:
                tokens_BND = checkpoint(layer, tokens_BND, bias_B11N, use_reentrant=False)
            else:
                tokens_BND = layer(tokens_BND, bias_B11N)
        return self.norm(tokens_BND)

    def attention(
        self, tokens_BND: Float[Tensor, "B N D"], mask_BN: Bool[Tensor, "B N"]
    ) -> Float[Tensor, "L B heads N N"]:
        """Returns what each token attends to in every layer, for drawing; a row sums to 1 over the seen tokens."""
        bias_B11N = key_bias(mask_BN, tokens_BND.dtype)
        maps = []
        for layer in self.layers:
            assert isinstance(layer, Layer)
            maps.append(layer.attention.weights(layer.norm_attention(tokens_BND), bias_B11N))
            tokens_BND = layer(tokens_BND, bias_B11N)
        return torch.stack(maps)


class Layer(nn.Module):
    """Attention, then two linear layers, each beside a way around it."""

    def __init__(self, d_model: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention, self.norm_feed = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, heads)
        self.feed = nn.Sequential(
            nn.Linear(d_model, feed_forward), nn.GELU(), nn.Dropout(dropout), nn.Linear(feed_forward, d_model)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens_BND: Tensor, bias_B11N: Tensor) -> Tensor:
        tokens_BND = tokens_BND + self.dropout(self.attention(self.norm_attention(tokens_BND), bias_B11N))
        return tokens_BND + self.dropout(self.feed(self.norm_feed(tokens_BND)))


class Attention(nn.Module):
    """Every token asks all seen ones, in several heads."""

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        assert d_model % heads == 0, "params hold it"
        self.heads = heads
        self.project, self.out = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)

    def forward(self, tokens_BND: Tensor, bias_B11N: Tensor) -> Tensor:
        query, key, value = self._split(tokens_BND)
        answers_BHNE = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias_B11N)
        return self.out(answers_BHNE.transpose(1, 2).flatten(2))

    def weights(self, tokens_BND: Tensor, bias_B11N: Tensor) -> Tensor:
        query, key, _ = self._split(tokens_BND)
        return (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + bias_B11N).softmax(-1)

    def _split(self, tokens_BND: Tensor) -> tuple[Tensor, ...]:
        return self.project(tokens_BND).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)


def key_bias(mask_BN: Bool[Tensor, "B N"], dtype: torch.dtype) -> Float[Tensor, "B 1 1 N"]:
    """Returns what is added to attention's scores: 0 for a token that is seen."""
    zero = torch.zeros((), dtype=dtype, device=mask_BN.device)
    return torch.where(mask_BN[:, None, None, :], zero, zero + FORBIDDEN)


def time_encoding(seconds_BT: Float[Tensor, "B T"], d_model: int) -> Float[Tensor, "B T D"]:
    """Returns sines, then cosines, of time; of seconds and not of frames, so that the frame rate does not matter."""
    assert d_model % 2 == 0, "params hold it"
    steps_H = torch.linspace(0, 1, d_model // 2, device=seconds_BT.device)
    angles_BTH = seconds_BT[..., None] * (2 * math.pi / SHORTEST) * (SHORTEST / LONGEST) ** steps_H
    return torch.cat([angles_BTH.sin(), angles_BTH.cos()], -1)
