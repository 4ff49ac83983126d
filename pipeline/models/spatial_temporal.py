"""Graph convolutions over a body's points, then learned temporal pooling, then a transformer with a class token.

Each layer of the graph has a bias for each point besides: its weights are the same for all points, and the mean over
them could not tell a thumb from an elbow.
Source: convolutions over the joints' graph for actions, Yan et al. 2018, https://arxiv.org/abs/1801.07455; here time is
left to what follows. The class token is that of Devlin et al. 2019, https://arxiv.org/abs/1810.04805.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from pipeline.models.graph_conv import CONVOLUTIONS, joined
from pipeline.models.temporal_pooling import build as build_pooling
from pipeline.models.transformer import Encoder
from pipeline.params import SpatialTemporal
from pipeline.skeleton import Skeleton, skeleton

CHANNELS = 7  # of a point: x, y, z of the body's frame, x, y, z of the own hand's, seen
MAX_DEVIATIONS = 8.0
MIN_MOMENTUM = 0.01
FEED_FORWARD = 4  # times d_model

Frames = tuple[Float[Tensor, "B T D"], Float[Tensor, "B T"], Bool[Tensor, "B T"]]  # with seconds, and which are seen


class Network(nn.Module):
    def __init__(self, config: SpatialTemporal, num_features: int, num_classes: int) -> None:
        super().__init__()
        body = skeleton("holistic")
        assert num_features == len(body.points) * CHANNELS + 1, "the points' channels, and the seconds"
        width, d_model = config.graph_width, config.d_model
        self.standardize = Standardize(len(body.points))
        self.joints = nn.ModuleList(  # not `graph`: a traced module has one of its own
            GraphLayer(config, CHANNELS if layer == 0 else width, body) for layer in range(config.graph_layers)
        )
        self.readout = Readout(body, by_part=config.mean == "parts")
        self.project = nn.Linear(self.readout.num_means * width, d_model)
        self.pooling = build_pooling(
            config.pooling, d_model=d_model, tokens=config.tokens, heads=config.heads, dropout=config.dropout
        )
        self.class_token = nn.Parameter(0.02 * torch.randn(d_model))
        self.encoder = Encoder(d_model, config.layers, config.heads, FEED_FORWARD * d_model, config.dropout)
        self.head = nn.Linear(d_model, num_classes)

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        tokens_BND, mask_BN = self.with_class_token(*self.pooling(*self.frames(*self.points(features_BTF, seen_BT))))
        return self.head(self.encoder(tokens_BND, mask_BN)[:, 0]) * seen_BT.any(1, keepdim=True)

    def points(
        self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]
    ) -> tuple[Float[Tensor, "B T V C"], Float[Tensor, "B T"], Bool[Tensor, "B T"]]:
        """Returns standardised points, the seconds, and which frames are seen: what `frames` takes."""
        points_BTVC = features_BTF[..., :-1].unflatten(-1, (-1, CHANNELS))
        return self.standardize(points_BTVC, seen_BT), features_BTF[..., -1], seen_BT

    def frames(
        self,
        points_BTVC: Float[Tensor, "B T V C"],
        seconds_BT: Float[Tensor, "B T"],
        seen_BT: Bool[Tensor, "B T"],
    ) -> Frames:
        """Returns each frame for itself: the graph, and the means over its seen points."""
        seen_BTV = points_BTVC[..., -1]
        for layer in self.joints:
            points_BTVC = layer(points_BTVC)
        return self.project(self.readout(points_BTVC, seen_BTV)), seconds_BT, seen_BT

    def with_class_token(
        self, tokens_BND: Float[Tensor, "B N D"], mask_BN: Bool[Tensor, "B N"]
    ) -> tuple[Float[Tensor, "B M D"], Bool[Tensor, "B M"]]:
        token_B1D = self.class_token.expand(tokens_BND.shape[0], 1, -1)  # `len` would fix it
        return torch.cat([token_B1D, tokens_BND], 1), torch.cat([torch.ones_like(mask_BN[:, :1]), mask_BN], 1)

    def depths(self) -> list[list[nn.Module | nn.Parameter]]:
        """Returns all that pretraining can train, from the input to the output, for rates by depth."""
        layers: list[list[nn.Module | nn.Parameter]] = [[self.standardize], *([layer] for layer in self.joints)]
        layers += [[self.project, self.pooling, self.class_token], *([layer] for layer in self.encoder.layers)]
        return [*layers[:-1], [*layers[-1], self.encoder.norm]]


class GraphLayer(nn.Module):
    """A graph convolution beside a way around it, with a bias for each point."""

    def __init__(self, config: SpatialTemporal, num_in: int, body: Skeleton) -> None:
        super().__init__()
        width = config.graph_width
        self.convolve = CONVOLUTIONS[config.conv](num_in, width, joined(body))
        self.point = nn.Parameter(0.5 * torch.randn(len(body.points), width))
        self.norm = nn.LayerNorm(width)
        self.finish = nn.Sequential(nn.GELU(), ClipDropout(config.dropout))
        self.around = nn.Identity() if num_in == width else nn.Linear(num_in, width, bias=False)

    def forward(self, points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B T V D"]:
        return self.around(points_BTVC) + self.finish(self.norm(self.convolve(points_BTVC) + self.point))


class ClipDropout(nn.Dropout):
    """Drops the same channels of a point throughout a clip: drawing for each frame took a tenth of a training step.

    Source: Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287, section 4, there through a sequence's steps.
    """

    def forward(self, input: Float[Tensor, "B T V D"]) -> Float[Tensor, "B T V D"]:
        return input * super().forward(torch.ones_like(input[:, :1])) if self.training else input


class Readout(nn.Module):
    """The mean over a frame's seen points, of all or of each part; a part that is not seen gives zeros."""

    members: Tensor

    def __init__(self, body: Skeleton, *, by_part: bool) -> None:
        super().__init__()
        members_PV = torch.ones(1, len(body.points))
        if by_part:
            members_PV = torch.zeros(len(body.parts), len(body.points))
            for row, part in enumerate(body.parts):
                members_PV[row, body.part(part)] = 1
        self.num_means = len(members_PV)
        self.register_buffer("members", members_PV, persistent=False)

    def forward(
        self, points_BTVD: Float[Tensor, "B T V D"], seen_BTV: Float[Tensor, "B T V"]
    ) -> Float[Tensor, "B T E"]:
        weights_BTPV = self.members * seen_BTV[..., None, :]
        weights_BTPV = weights_BTPV / weights_BTPV.sum(-1, keepdim=True).clamp_min(1)
        return (weights_BTPV @ points_BTVD).flatten(-2)


class Standardize(nn.Module):
    """Gives each channel of each point mean 0 and deviation 1 over the frames that see it; `seen` stays as it is.

    What is not seen is left at its place's mean, zero. As in `frames.Standardize`, training and use are one function.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, num_points: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_points, CHANNELS - 1))
        self.register_buffer("variance", torch.ones(num_points, CHANNELS - 1))
        self.register_buffer("count", torch.zeros(num_points))  # of the batches that saw a point

    def forward(self, points_BTVC: Float[Tensor, "B T V C"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T V C"]:
        seen_BTV1 = points_BTVC[..., -1:] * seen_BT[..., None, None]
        places_BTVC = points_BTVC[..., :-1]
        if self.training:
            self._update(places_BTVC.detach(), seen_BTV1.detach())
        deviations_BTVC = (places_BTVC - self.mean) / (self.variance + 1e-4).sqrt()
        return torch.cat([deviations_BTVC.clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS) * seen_BTV1, seen_BTV1], -1)

    @torch.no_grad()
    def _update(self, places_BTVC: Tensor, seen_BTV1: Tensor) -> None:
        frames_V1 = seen_BTV1.sum((0, 1))
        mean_VC = (places_BTVC * seen_BTV1).sum((0, 1)) / frames_V1.clamp_min(1)
        variance_VC = ((places_BTVC - mean_VC).square() * seen_BTV1).sum((0, 1)) / frames_V1.clamp_min(1)
        self.count += frames_V1[:, 0] > 1
        momentum_V1 = ((1 / self.count.clamp_min(1)).clamp_min(MIN_MOMENTUM) * (frames_V1[:, 0] > 1))[:, None]
        self.mean.lerp_(mean_VC, momentum_V1)
        self.variance.lerp_(variance_VC, momentum_V1)


def attention(
    network: Network, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """Returns how much of the class token's attention in the last layer falls on each frame; seen ones sum to 1."""
    frames = network.frames(*network.points(features_BTF, seen_BT))
    tokens_BND, mask_BN = network.with_class_token(*network.pooling(*frames))
    asked_BN = network.encoder.attention(tokens_BND, mask_BN)[-1].mean(1)[:, 0, 1:]
    frames_BT = (asked_BN[:, None] @ network.pooling.shares(*frames))[:, 0]
    return frames_BT / frames_BT.sum(1, keepdim=True).clamp_min(torch.finfo(frames_BT.dtype).tiny)


def saliency(
    network: Network,
    features_BTF: Float[Tensor, "B T F"],
    seen_BT: Bool[Tensor, "B T"],
    target_B: Int[Tensor, " B"],
) -> Float[Tensor, "B T V"]:
    """Returns how much each point of each frame speaks for the target: gradient × input, its size.

    The input is the standardised one: a point at its usual place says nothing.
    """
    points_BTVC, seconds_BT, _ = network.points(features_BTF, seen_BT)
    points_BTVC = points_BTVC.detach().requires_grad_()
    pooled = network.pooling(*network.frames(points_BTVC, seconds_BT, seen_BT))
    logits_BK = network.head(network.encoder(*network.with_class_token(*pooled))[:, 0])
    (gradient_BTVC,) = torch.autograd.grad(logits_BK.gather(1, target_B[:, None]).sum(), points_BTVC)
    return (gradient_BTVC * points_BTVC)[..., :-1].sum(-1).abs().detach()
