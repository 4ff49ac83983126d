"""The encoder of masked tokens: what is masked changes nothing, and nothing is ever NaN."""

import math

import pytest
import torch

from pipeline.models.transformer import LONGEST, SHORTEST, Encoder, time_encoding


def make_encoder(*, dropout: float = 0.0, checkpointing: bool = False) -> Encoder:
    torch.manual_seed(0)
    return Encoder(8, 2, 2, 16, dropout, checkpointing=checkpointing)


def make_tokens(num_clips: int = 3, num_tokens: int = 5) -> torch.Tensor:
    return torch.randn(num_clips, num_tokens, 8, generator=torch.Generator().manual_seed(1))


def test_it_has_the_parameters_that_one_counts_by_hand():
    layer = 2 * 2 * 8 + (8 * 24 + 24) + (8 * 8 + 8) + (8 * 16 + 16) + (16 * 8 + 8)
    assert sum(p.numel() for p in make_encoder().parameters()) == 2 * layer + 2 * 8


def test_masked_tokens_change_nothing():
    encoder, tokens = make_encoder().eval(), make_tokens()
    mask = torch.tensor([[True] * 5, [True, True, False, False, True], [True] + [False] * 4])
    plain = encoder(tokens, mask)
    other = torch.where(mask[..., None], tokens, 100.0)
    torch.testing.assert_close(encoder(other, mask)[mask], plain[mask])
    longer = torch.cat([tokens, torch.full((3, 4, 8), -7.0)], 1)
    padded = encoder(longer, torch.cat([mask, torch.zeros(3, 4, dtype=torch.bool)], 1))
    torch.testing.assert_close(padded[:, :5][mask], plain[mask])


def test_a_seen_token_does_change_something():
    encoder, tokens = make_encoder().eval(), make_tokens()
    mask = torch.ones(3, 5, dtype=torch.bool)
    changed = tokens.clone()
    changed[:, 4, 0] += 1
    assert (encoder(changed, mask)[:, 0] - encoder(tokens, mask)[:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_row_without_a_seen_token_stays_finite_with_its_gradients(checkpointing: bool):
    encoder = make_encoder(dropout=0.1, checkpointing=checkpointing).train()
    out = encoder(make_tokens(), torch.zeros(3, 5, dtype=torch.bool))
    out.square().sum().backward()
    assert out.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())


def test_checkpointing_changes_neither_answers_nor_gradients():
    results = []
    for checkpointing in (False, True):
        encoder = make_encoder(dropout=0.3, checkpointing=checkpointing).train()
        torch.manual_seed(5)
        out = encoder(make_tokens(), torch.ones(3, 5, dtype=torch.bool))
        out.square().sum().backward()
        results.append((out, [p.grad for p in encoder.parameters()]))
    assert torch.equal(results[0][0], results[1][0])
    assert all(torch.equal(a, b) for a, b in zip(results[0][1], results[1][1], strict=True))


def test_attention_is_what_the_fused_kernel_attends_to():
    """One layer's output, put together by hand from the weights that are drawn."""
    encoder, tokens = make_encoder().eval(), make_tokens()
    mask = torch.tensor([[True] * 5, [True, True, False, False, True], [True] + [False] * 4])
    maps_LBHNN = encoder.attention(tokens, mask)
    assert maps_LBHNN.shape == (2, 3, 2, 5, 5)
    torch.testing.assert_close(maps_LBHNN.sum(-1), torch.ones(2, 3, 2, 5))
    assert maps_LBHNN[:, 1, :, :, 2:4].max() == 0
    layer = encoder.layers[0]
    normed = layer.norm_attention(tokens)
    _, _, value_BHNE = layer.attention._split(normed)
    by_hand = layer.attention.out((maps_LBHNN[0] @ value_BHNE).transpose(1, 2).flatten(2))
    bias = torch.where(mask, 0.0, -1e9)[:, None, None]
    torch.testing.assert_close(layer.attention(normed, bias), by_hand)


def test_time_is_encoded_by_seconds():
    """The first sinusoid is back after the shortest period, the last has gone a quarter of its way at a quarter."""
    code = time_encoding(torch.tensor([[0.0, SHORTEST, SHORTEST / 4, LONGEST / 4]]), 6)[0]
    torch.testing.assert_close(code[0], torch.tensor([0.0, 0, 0, 1, 1, 1]))
    assert code[1, 3] == pytest.approx(1.0)
    assert code[2, 0] == pytest.approx(1.0)
    assert code[3, 2] == pytest.approx(1.0)
    middle = math.sqrt(SHORTEST * LONGEST)  # periods are evenly spaced by their logarithm
    assert time_encoding(torch.tensor([[middle / 4]]), 6)[0, 0, 1] == pytest.approx(1.0, abs=1e-5)
