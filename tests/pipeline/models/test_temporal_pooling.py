"""Pieces of a clip's seen span, with numbers that one checks by hand; and what no pooling may depend on."""

import pytest
import torch
from torch import Tensor

from pipeline.models.temporal_pooling import Pooling, build, span_shares
from pipeline.models.transformer import time_encoding

KINDS = ["none", "tcn", "attention", "hybrid"]
every_pooling = pytest.mark.parametrize("kind", KINDS)


def make_pooling(kind: str, tokens: int = 4) -> Pooling:
    torch.manual_seed(0)
    return build(kind, d_model=8, tokens=tokens, heads=2, dropout=0.0).eval()


def make_frames(num_frames: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    frames = torch.randn(2, num_frames, 8, generator=torch.Generator().manual_seed(1))
    return frames, (torch.arange(num_frames) / 10).expand(2, -1), torch.ones(2, num_frames, dtype=torch.bool)


def seen(text: str) -> Tensor:
    return torch.tensor([[letter == "x" for letter in text]])


@pytest.mark.parametrize(
    ("frames", "tokens", "expected"),
    [
        ("xxxx", 2, [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]),
        ("xxx", 2, [[0.5, 0.5, 0], [0, 0.5, 0.5]]),  # an odd frame counts to both, as in adaptive pooling
        ("xx", 3, [[1, 0], [0, 1], [0, 0]]),  # a piece a frame, no more
        (".xx..", 2, [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]),  # the span begins and ends with what is seen
        ("xx.xxx", 2, [[0.5, 0.5, 0, 0, 0, 0], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3]]),
        ("x....x", 3, [[1, 0, 0, 0, 0, 0], [0] * 6, [0, 0, 0, 0, 0, 1]]),  # a piece in a gap is empty
        ("...", 2, [[0, 0, 0], [0, 0, 0]]),
    ],
)
def test_pieces_of_the_seen_span(frames: str, tokens: int, expected: list[list[float]]):
    torch.testing.assert_close(span_shares(seen(frames), tokens)[0], torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize(("num_frames", "tokens"), [(64, 64), (200, 64), (65, 64), (7, 3)])
def test_pieces_of_a_whole_clip_are_those_of_adaptive_pooling(num_frames: int, tokens: int):
    frames = torch.randn(3, num_frames, 5)
    pooled = span_shares(torch.ones(3, num_frames, dtype=torch.bool), tokens) @ frames
    expected = torch.nn.functional.adaptive_avg_pool1d(frames.transpose(1, 2), tokens).transpose(1, 2)
    torch.testing.assert_close(pooled, expected)


@every_pooling
@pytest.mark.parametrize("value", [0.0, 9.0])
def test_frames_that_are_not_seen_change_no_token(kind: str, value: float):
    """Appended, and put before; what they hold does not matter."""
    pooling = make_pooling(kind)
    frames, seconds, mask = make_frames()
    tokens, kept = pooling(frames, seconds, mask)
    blank, dark = torch.full((2, 5, 8), value), torch.zeros(2, 5, dtype=torch.bool)
    for order in (1, -1):
        parts = [(frames, seconds, mask), (blank, torch.full((2, 5), value), dark)][::order]
        padded, still_kept = pooling(*(torch.cat([part[i] for part in parts], 1) for i in range(3)))
        torch.testing.assert_close(padded[still_kept], tokens[kept])


@every_pooling
def test_a_clip_without_a_seen_frame_has_no_token_and_nothing_is_nan(kind: str):
    pooling = make_pooling(kind).train()
    frames, seconds, mask = make_frames()
    frames.requires_grad_()
    tokens, kept = pooling(frames, seconds, mask & False)
    assert not kept.any()
    assert tokens.isfinite().all()
    tokens.sum().backward()
    assert all(x.grad is None or x.grad.isfinite().all() for x in (frames, *pooling.parameters()))


@every_pooling
def test_what_is_drawn_of_a_token_sums_to_one_over_seen_frames(kind: str):
    pooling = make_pooling(kind)
    frames, seconds, mask = make_frames()
    mask = mask.clone()
    mask[:, 2] = False
    _, kept = pooling(frames, seconds, mask)
    shares_BNT = pooling.shares(frames, seconds, mask)
    assert shares_BNT.shape == (2, kept.shape[1], 6)
    torch.testing.assert_close(shares_BNT.sum(-1), kept.float())
    assert shares_BNT[..., 2].abs().max() == 0


@pytest.mark.parametrize(("kind", "count"), [("none", 6), ("tcn", 4), ("attention", 4), ("hybrid", 4)])
def test_as_many_tokens_as_asked_for(kind: str, count: int):
    tokens, kept = make_pooling(kind)(*make_frames())
    assert tokens.shape == (2, count, 8)
    assert kept.all()


def test_none_adds_the_time_alone():
    frames, seconds, mask = make_frames()
    tokens, _ = make_pooling("none")(frames, seconds, mask)
    torch.testing.assert_close(tokens - frames, time_encoding(seconds, 8))


def test_tcn_hears_as_far_as_its_largest_dilation():
    """Convolutions of three points with dilations 1, 2 and 4: four frames to either side."""
    pooling = make_pooling("tcn", tokens=32)
    frames, seconds, mask = make_frames(15)
    changed = frames.clone()
    changed[:, 7, 0] += 1
    moved = (pooling(changed, seconds, mask)[0] - pooling(frames, seconds, mask)[0]).abs().amax((0, 2)) > 1e-6
    assert [i for i, is_moved in enumerate(moved.tolist()) if is_moved] == [3, 5, 6, 7, 8, 9, 11]
