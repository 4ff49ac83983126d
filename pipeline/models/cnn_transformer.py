"""Causal convolutions with channel attention, a transformer block after every three: points and how they move.

The structure that won Google's competition of isolated signs in 2023: coordinates with first and second differences,
then twice three depth-wise convolutions over about half a second and one block of attention over the whole clip. Here
differences are per second, hands come in their own frame besides the body's, and every norm is a layer norm: it takes
each frame for itself, so that padding is in no statistic and what is trained is what is exported.

Source: the expanded depth-wise block, Sandler et al. 2018, https://arxiv.org/abs/1801.04381, section 3.3; efficient
channel attention, Wang et al. 2020, https://arxiv.org/abs/1910.03151, section 3.2.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.models.frames import Standardize, mean_seen
from pipeline.models.transformer import Encoder
from pipeline.params import CnnTransformer
from pipeline.skeleton import skeleton

WIDTHS = {"small": 64, "baseline": 192}
STAGES, BLOCKS = 2, 3  # convolutions in each stage, before its attention
KERNEL = 17  # frames
NEIGHBOURS = 5  # channels that decide on a channel's weight
EXPAND = 2  # times the width, inside a block
HEADS = 4
CHANNELS = 7  # of a point: x y z by the body, x y z by its own hand, seen
MIN_SECONDS = 1e-3  # between two frames


class Network(nn.Module):
    def __init__(self, config: CnnTransformer, num_features: int, num_classes: int) -> None:
        super().__init__()
        width = WIDTHS[config.size]
        self.points = Movement()
        assert num_features == self.points.num_points * CHANNELS + 1, num_features
        self.standardize = Standardize(self.points.num_moving)
        self.stem = nn.Linear(self.points.num_moving + self.points.num_points, width)
        stages = []
        for _ in range(STAGES):
            stages += [Convolution(width, config.dropout) for _ in range(BLOCKS)]
            stages += [Encoder(width, 1, HEADS, EXPAND * width, config.dropout)]
        self.stages = nn.ModuleList(stages)
        self.top = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, EXPAND * width), nn.GELU())
        self.dropout = nn.Dropout(config.head_dropout)
        self.head = nn.Linear(EXPAND * width, num_classes)

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        moving_BTM, present_BTV = self.points(features_BTF)
        hidden_BTD = self.stem(torch.cat([self.standardize(moving_BTM, seen_BT), present_BTV], -1))
        for stage in self.stages:
            hidden_BTD = stage(hidden_BTD, seen_BT)
        clip_BD = self.dropout(mean_seen(self.top(hidden_BTD), seen_BT))
        return self.head(clip_BD) * seen_BT.any(1, keepdim=True)


class Movement(nn.Module):
    """Turns points into coordinates with velocity and acceleration; a step from or to a point not recorded is none."""

    def __init__(self) -> None:
        super().__init__()
        holistic = skeleton("holistic")
        self.num_points = len(holistic.points)
        self.hands = holistic.part("left_hand") + holistic.part("right_hand")  # the pose has no frame of its own
        self.num_moving = 3 * 3 * (self.num_points + len(self.hands))

    def forward(self, features_BTF: Float[Tensor, "B T F"]) -> tuple[Float[Tensor, "B T M"], Float[Tensor, "B T V"]]:
        points_BTVC = features_BTF[..., :-1].unflatten(-1, (self.num_points, CHANNELS))
        present_BTV = points_BTVC[..., -1]
        body_BTX, own_BTX = points_BTVC[..., :3].flatten(2), points_BTVC[:, :, self.hands, 3:6].flatten(2)
        known_BTX = torch.cat([present_BTV, present_BTV[..., self.hands]], -1).repeat_interleave(3, -1)
        seconds_BT1 = features_BTF[..., -1:]
        elapsed_BT1 = (seconds_BT1 - before(seconds_BT1)).clamp_min(MIN_SECONDS)
        place_BTX = torch.cat([body_BTX, own_BTX], -1)
        known_twice_BTX = known_BTX * before(known_BTX)
        velocity_BTX = (place_BTX - before(place_BTX)) / elapsed_BT1 * known_twice_BTX
        known_thrice_BTX = known_twice_BTX * before(known_twice_BTX)
        acceleration_BTX = (velocity_BTX - before(velocity_BTX)) / elapsed_BT1 * known_thrice_BTX
        return torch.cat([place_BTX, velocity_BTX, acceleration_BTX], -1), present_BTV


class Convolution(nn.Module):
    """A residual block: widen, convolve each channel over the frames up to now, weigh channels, narrow."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        inner = EXPAND * width
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, inner)
        self.depthwise = nn.Conv1d(inner, inner, KERNEL, groups=inner, bias=False)
        self.inner_norm = nn.LayerNorm(inner)
        self.channels = nn.Conv1d(1, 1, NEIGHBOURS, padding=NEIGHBOURS // 2, bias=False)
        self.narrow = nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden_BTD: Float[Tensor, "B T D"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        wide_BTI = nn.functional.silu(self.widen(self.norm(hidden_BTD))) * seen_BT[..., None]
        padded_BIT = nn.functional.pad(wide_BTI.transpose(1, 2), (KERNEL - 1, 0))
        mixed_BTI = self.inner_norm(self.depthwise(padded_BIT).transpose(1, 2))
        weight_BI = self.channels(mean_seen(mixed_BTI, seen_BT)[:, None])[:, 0].sigmoid()
        return hidden_BTD + self.dropout(self.narrow(mixed_BTI * weight_BI[:, None]))


def before(values_BTX: Float[Tensor, "B T X"]) -> Float[Tensor, "B T X"]:
    """Returns each frame's predecessor; the first frame's is zero."""
    return nn.functional.pad(values_BTX, (0, 0, 1, 0))[:, :-1]
