"""Clips of the feature set `points`, as Preprocess would measure them: smooth movements, some points not seen."""

import torch
from torch import Tensor

CHANNELS = 7


def make_features(
    num_clips: int = 4, num_frames: int = 12, *, fps: float = 24.0, seed: int = 0, missing: float = 0.2
) -> tuple[Tensor, Tensor]:
    """Returns features_BTF and seen_BT; every point sways at its own pace, the right hand is lost in some frames."""
    noise = torch.Generator().manual_seed(seed)
    shape = (num_clips, 1, 75, CHANNELS - 1)
    place, size, phase = (torch.randn(shape, generator=noise) for _ in range(3))
    seconds = torch.arange(num_frames) / fps
    places = place + size * (2 * seconds[None, :, None, None] + phase).sin()
    seen = torch.rand((num_clips, 1, 75, 1), generator=noise).expand(-1, num_frames, -1, -1) >= missing
    seen = seen.clone()
    seen[:, num_frames // 2 :, 21:42] = False
    points = torch.cat([places * seen, seen.float()], -1).flatten(2)
    features = torch.cat([points, seconds.expand(num_clips, -1)[..., None]], -1)
    return features, torch.ones(num_clips, num_frames, dtype=torch.bool)


def unseen(features: Tensor, num_frames: int, value: float = 0.0) -> tuple[Tensor, Tensor]:
    """Returns frames that are not seen, to append to features; whatever they hold must not matter."""
    shape = (len(features), num_frames)
    return torch.full((*shape, features.shape[-1]), value), torch.zeros(shape, dtype=torch.bool)
