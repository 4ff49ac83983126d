"""Random numbers of one generator, on the device that it lives on."""

import torch
from torch import Tensor


def normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)


def around_one(share: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draws factors from 1 − share to 1 + share; a share of nothing draws nothing."""
    return 1 + share * (2 * uniform(shape, generator) - 1) if share else torch.ones(shape, device=generator.device)
