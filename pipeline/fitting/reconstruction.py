"""What pretraining trains: a network without its head, and a decoder that tells where hidden points were.

`frame_wise`: the transformer sees every frame, and a perceptron decodes each by itself; the pooling has no part in it.
`sequence`: the transformer sees the tokens that it will see later, and each frame asks them, by its time, for itself.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.fitting.data import Batch
from pipeline.models.recognizer import Recognizer
from pipeline.models.spatial_temporal import CHANNELS, Network
from pipeline.models.temporal_pooling import Every
from pipeline.models.transformer import key_bias, time_encoding
from pipeline.objectives.masked_landmarks import choose, hide, loss
from pipeline.params import Pretrain
from pipeline.skeleton import Skeleton

HEADS = 4  # of the frames' questions


class Reconstruction(nn.Module):
    """Maps a batch to the loss of its masked landmarks."""

    def __init__(self, recognizer: Recognizer, config: Pretrain, body: Skeleton) -> None:
        super().__init__()
        assert isinstance(recognizer.network, Network)
        self.preprocess, self.network, self.config = recognizer.preprocess, recognizer.network, config
        d_model = self.network.class_token.numel()
        self.token = nn.Parameter(torch.zeros(CHANNELS - 1))
        self.every, self.ask = Every(), Ask(d_model) if config.decoder == "sequence" else None
        self.tell = nn.Sequential(
            nn.Linear(d_model, d_model), nn.GELU(), nn.Linear(d_model, len(body.points) * (CHANNELS - 1))
        )
        numbers = {point: number for number, part in enumerate(body.parts.values()) for point in part}
        self.part_V = [numbers[point] for point in body.points]

    def forward(self, batch: Batch, generator: torch.Generator) -> Float[Tensor, ""]:
        config = self.config
        features_BTF, seen_BT = self.preprocess(*batch.inputs)
        points_BTVC, seconds_BT, _ = self.network.points(features_BTF, seen_BT)
        places_BTVC, seen_BTV1 = points_BTVC[..., :-1], points_BTVC[..., -1:]
        chosen_BTV = choose(
            seen_BTV1[..., 0] > 0,
            self.part_V,
            share=config.points,
            mask=config.mask,
            span=config.span,
            generator=generator,
        )
        shown_BTVC = torch.cat([hide(places_BTVC, chosen_BTV, self.token, generator), seen_BTV1], -1)
        told_BTE = self.tell(self._frames(*self.network.frames(shown_BTVC, seconds_BT, seen_BT)))
        told_BTVC = told_BTE.view(places_BTVC.shape)
        return loss(told_BTVC, places_BTVC, chosen_BTV, seen_BT, smoothness=config.smoothness)

    def _frames(self, frames_BTD: Tensor, seconds_BT: Tensor, seen_BT: Tensor) -> Tensor:
        pooling = self.every if self.ask is None else self.network.pooling
        tokens_BND, mask_BN = self.network.with_class_token(*pooling(frames_BTD, seconds_BT, seen_BT))
        tokens_BND = self.network.encoder(tokens_BND, mask_BN)
        return tokens_BND[:, 1:] if self.ask is None else self.ask(seconds_BT, tokens_BND, mask_BN)


class Ask(nn.Module):
    """Each frame asks the tokens of its clip by its time alone."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.query, self.project = nn.Linear(d_model, d_model), nn.Linear(d_model, 2 * d_model)

    def forward(self, seconds_BT: Tensor, tokens_BND: Tensor, mask_BN: Tensor) -> Tensor:
        query_BTD = self.query(time_encoding(seconds_BT, tokens_BND.shape[-1]))
        heads = (
            x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in (query_BTD, *self.project(tokens_BND).chunk(2, -1))
        )
        answers_BHTE = functional.scaled_dot_product_attention(*heads, attn_mask=key_bias(mask_BN, tokens_BND.dtype))
        return answers_BHTE.transpose(1, 2).flatten(2)
