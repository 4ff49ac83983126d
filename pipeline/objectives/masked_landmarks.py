"""Masked landmarks: some seen points are hidden, and what they were is asked for.

Of the chosen points most show a learned token, some a place at random, and some what they are: so that a point which
looks as usual may still be one that is asked for.
Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1, there on words; spans, Joshi et al. 2020,
https://arxiv.org/abs/1907.10529.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

HIDDEN, RANDOM = 0.8, 0.1  # of the chosen points; the rest is kept


def choose(
    seen_BTV: Bool[Tensor, "B T V"],
    part_V: list[int],
    *,
    share: float,
    mask: str,
    span: int,
    generator: torch.Generator,
) -> Bool[Tensor, "B T V"]:
    """Returns which of the seen points are chosen, about `share` of them.

    mask    points: each by itself; spans: a point for `span` frames in a row; parts: a whole part for as long
    part_V  each point's part, by number
    """
    num_clips, num_frames, num_points = seen_BTV.shape
    columns = len(set(part_V)) if mask == "parts" else num_points
    length = 1 if mask == "points" else span
    begins = 1 - (1 - share) ** (1 / length)  # so that a frame is in one of `length` runs with the probability `share`
    draws_BTU = torch.rand((num_clips, num_frames + length - 1, columns), generator=generator, device=generator.device)
    begun_BUT = (draws_BTU < begins).float().transpose(1, 2)
    chosen_BTU = functional.max_pool1d(begun_BUT, length, stride=1).transpose(1, 2) > 0
    return (chosen_BTU[..., part_V] if mask == "parts" else chosen_BTU) & seen_BTV


def hide(
    points_BTVC: Float[Tensor, "B T V C"],
    chosen_BTV: Bool[Tensor, "B T V"],
    token_C: Float[Tensor, " C"],
    generator: torch.Generator,
) -> Float[Tensor, "B T V C"]:
    """Returns standardised points of which the chosen ones show the token, a random place, or themselves."""
    lot_BTV = torch.rand(chosen_BTV.shape, generator=generator, device=generator.device)
    random_BTVC = torch.randn(points_BTVC.shape, generator=generator, device=generator.device)
    hidden_BTV1 = (chosen_BTV & (lot_BTV < HIDDEN))[..., None]
    replaced_BTV1 = (chosen_BTV & (lot_BTV >= HIDDEN) & (lot_BTV < HIDDEN + RANDOM))[..., None]
    return torch.where(hidden_BTV1, token_C, torch.where(replaced_BTV1, random_BTVC, points_BTVC))


def loss(
    told_BTVC: Float[Tensor, "B T V C"],
    points_BTVC: Float[Tensor, "B T V C"],
    chosen_BTV: Bool[Tensor, "B T V"],
    seen_BT: Bool[Tensor, "B T"],
    *,
    smoothness: float,
) -> Float[Tensor, ""]:
    """Returns the mean squared error of the chosen points, and `smoothness` times what the told ones move by.

    The latter is the mean square from one seen frame to the next, of every point.
    """
    error = _mean((told_BTVC - points_BTVC).square().mean(-1), chosen_BTV)
    moved_BTV = (told_BTVC[:, 1:] - told_BTVC[:, :-1]).square().mean(-1)
    both_BT1 = (seen_BT[:, 1:] & seen_BT[:, :-1])[..., None]
    return error + smoothness * _mean(moved_BTV, both_BT1.expand(moved_BTV.shape))


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp_min(1)
