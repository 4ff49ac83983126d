"""The network alone, on random numbers a frame: what the class token answers, and what it must not depend on."""

import pytest
import torch
from torch import Tensor

from pipeline.models.sign_transformer import SIZES, Network, attention
from pipeline.models.transformer import key_bias
from pipeline.params import SignTransformer
from pipeline.params.models import TransformerSize

NUM_FEATURES, NUM_CLASSES = 470, 60


def make_network(size: TransformerSize = "lightweight") -> Network:
    torch.manual_seed(0)
    return Network(SignTransformer(name="sign_transformer", size=size), NUM_FEATURES, NUM_CLASSES).eval()


def make_frames(num_frames: int, fps: float = 30.0) -> tuple[Tensor, Tensor]:
    """Returns features_BTF of 3 clips, the last column seconds, and seen_BT with two frames of the first unseen."""
    generator = torch.Generator().manual_seed(num_frames)
    features_BTF = torch.randn(3, num_frames, NUM_FEATURES, generator=generator)
    features_BTF[..., -1] = torch.arange(num_frames) / fps
    seen_BT = torch.ones(3, num_frames, dtype=torch.bool)
    seen_BT[0, 1:3] = False
    return features_BTF, seen_BT


@pytest.mark.parametrize(
    ("size", "count"),
    [("lightweight", 464_828), ("baseline", 1_881_852), ("medium", 4_875_068), ("large", 10_851_516)],
)
def test_parameters_are_as_many_as_one_counts_by_hand(size: TransformerSize, count: int):
    """A block has 4 d² for attention and 8 d² to feed forward; besides, biases 9 d and two norms 4 d."""
    width, layers = SIZES[size]
    blocks = layers * (12 * width**2 + 13 * width) + 2 * width  # and the last norm
    rest = (NUM_FEATURES - 1) * width + width + width + NUM_CLASSES * width + NUM_CLASSES  # in, class token, out
    assert blocks + rest == count
    assert sum(p.numel() for p in make_network(size).parameters()) == count


@torch.no_grad()
def test_what_an_unseen_frame_holds_changes_nothing():
    network, (features_BTF, seen_BT) = make_network(), make_frames(8)
    other_BTF = torch.where(seen_BT[..., None], features_BTF, 7.0)
    torch.testing.assert_close(network(other_BTF, seen_BT), network(features_BTF, seen_BT))


@torch.no_grad()
def test_order_counts_and_seconds_say_what_it_is():
    network, (features_BTF, seen_BT) = make_network(), make_frames(8)
    plain_BK, flipped_BTF = network(features_BTF, seen_BT), features_BTF.flip(1)
    assert (
        network(torch.cat([flipped_BTF[..., :-1], features_BTF[..., -1:]], -1), seen_BT.flip(1)) - plain_BK
    ).abs().max() > 1e-3
    torch.testing.assert_close(network(flipped_BTF, seen_BT.flip(1)), plain_BK)  # frames with their own times are a set


@torch.no_grad()
def test_a_frame_is_where_its_seconds_put_it_whatever_its_number():
    """Every second frame at half the rate is the same clip as with the frames between them unseen."""
    network, (features_BTF, seen_BT) = make_network(), make_frames(9)
    between_BT = seen_BT & (torch.arange(9) % 2 == 0)
    halved_BK = network(features_BTF[:, ::2], between_BT[:, ::2])
    torch.testing.assert_close(network(features_BTF, between_BT), halved_BK)


@torch.no_grad()
def test_the_class_tokens_attention_is_spread_over_seen_frames():
    """With a clip of which nothing is seen: the token then looks at itself alone."""
    network, (features_BTF, seen_BT) = make_network(), make_frames(8)
    seen_BT[2] = False
    shares_BT = attention(network, features_BTF, seen_BT)
    torch.testing.assert_close(shares_BT.sum(1), torch.tensor([1.0, 1.0, 0.0]))
    assert shares_BT[~seen_BT].abs().max() == 0
    assert shares_BT[seen_BT].min() > 0


@torch.no_grad()
def test_attention_goes_to_the_frame_that_answers_what_the_token_asks():
    """In the last layer the query is set to ask for one frame's key, with the sharpness of a thousand."""
    network, (features_BTF, seen_BT) = make_network(), make_frames(8)
    layer = network.encoder.layers[-1]
    tokens, mask = network.tokens(features_BTF, seen_BT)
    before = layer.norm_attention(network.encoder.layers[0](tokens, key_bias(mask, tokens.dtype)))
    width = network.width
    key = layer.attention.project(before)[0, 1 + 5, width : 2 * width]  # of frame 5
    layer.attention.project.weight[:width] = 0
    layer.attention.project.bias[:width] = 1000 * key
    assert attention(network, features_BTF, seen_BT)[0].argmax() == 5
