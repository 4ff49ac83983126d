"""Random changes to training clips, on whole batches: what a new signer, camera and detector would change.

Every clip draws its own rotation, scale, perspective, mirror and speed, kept through its frames; jitter and dropped
points are drawn for each point of each frame. What was not seen stays so.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.features.preprocess import square
from pipeline.params import Augment

MAX_STRETCH = 2.0  # perspective magnifies no point by more


def augment(
    landmarks_BTVC: Float[Tensor, "B T V C"],
    aspect_B: Float[Tensor, " B"],
    handedness_B: Float[Tensor, " B"],
    config: Augment,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "B T V C"], Float[Tensor, " B"]]:
    """Changes clips of one-handed landmarks; `generator` lives on their device and is the only source of chance."""
    points_BTVC = landmarks_BTVC
    if config.time_warp and points_BTVC.shape[1] > 1:
        points_BTVC = _time_warp(points_BTVC, config.time_warp, generator)
    if config.rotate_deg or config.turn_deg or config.scale or config.perspective or config.jitter:
        points_BTVC = square(_move(square(points_BTVC, aspect_B), config, generator), 1 / aspect_B)
    if config.mirror:
        flip_B = _uniform(aspect_B.shape, generator) < config.mirror
        mirrored_BTVC = torch.cat([1 - points_BTVC[..., :1], points_BTVC[..., 1:]], -1)
        points_BTVC = torch.where(flip_B[:, None, None, None], mirrored_BTVC, points_BTVC)
        handedness_B = torch.where(flip_B, 1 - handedness_B, handedness_B)
    if config.drop_points:
        dropped_BTV1 = _uniform((*points_BTVC.shape[:-1], 1), generator) < config.drop_points
        points_BTVC = points_BTVC.masked_fill(dropped_BTV1, torch.nan)
    return points_BTVC, handedness_B


def _move(points_BTVC: Tensor, config: Augment, generator: torch.Generator) -> Tensor:
    """Rotates, scales, projects and jitters about each clip's mean point, in square units."""
    num_clips = len(points_BTVC)
    centre_B11C = points_BTVC.nanmean((1, 2), keepdim=True).nan_to_num()
    points_BTVC = points_BTVC - centre_B11C
    size_B111 = hand_length(points_BTVC)
    if config.rotate_deg or config.turn_deg:
        spread_3 = torch.tensor([config.rotate_deg, math.hypot(config.rotate_deg, config.turn_deg), config.rotate_deg])
        angles_B3 = spread_3.deg2rad().to(points_BTVC.device) * _normal((num_clips, 3), generator)
        points_BTVC = torch.einsum("btvc,bdc->btvd", points_BTVC, rotation(angles_B3))
    if config.scale:
        points_BTVC = points_BTVC * (config.scale * _normal((num_clips, 1, 1, 3), generator)).exp()
    if config.perspective:
        strength_B11 = config.perspective * (2 * _uniform((num_clips, 1, 1), generator) - 1)
        stretch_BTV = 1 - strength_B11 * points_BTVC[..., 2] / size_B111[..., 0]
        stretch_BTV1 = stretch_BTV.clamp(1 / MAX_STRETCH, MAX_STRETCH)[..., None]
        points_BTVC = torch.cat([points_BTVC[..., :2] * stretch_BTV1, points_BTVC[..., 2:]], -1)
    if config.jitter:
        points_BTVC = points_BTVC + config.jitter * size_B111 * _normal(points_BTVC.shape, generator)
    return points_BTVC + centre_B11C


def hand_length(points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B 1 1 1"]:
    """Returns a clip's root mean square distance from its mean point, in the picture plane.

    For an open hand it is about the palm's length, it needs no named point, and it does not vanish when the palm
    points at the camera.
    """
    square_B111 = points_BTVC[..., :2].square().sum(-1, keepdim=True).nanmean((1, 2), keepdim=True)
    return square_B111.nan_to_num().sqrt().clamp_min(1e-6)


def rotation(angles_B3: Float[Tensor, "B 3"]) -> Float[Tensor, "B 3 3"]:
    """Returns rotations about x, then y, then z, from angles in radians."""
    (cx, cy, cz), (sx, sy, sz) = angles_B3.cos().unbind(-1), angles_B3.sin().unbind(-1)
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def _time_warp(points_BTVC: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Plays each clip faster or slower about a random frame; what leaves its ends repeats them.

    Between a seen and an unseen frame the nearer one decides, so that a gap does not grow.
    """
    num_clips, num_frames = points_BTVC.shape[:2]
    last = num_frames - 1
    speed_B1 = 1 + share * (2 * _uniform((num_clips, 1), generator) - 1)
    pivot_B1 = last * _uniform((num_clips, 1), generator)
    frames_T = torch.arange(num_frames, device=points_BTVC.device)
    at_BT = (pivot_B1 + (frames_T - pivot_B1) * speed_B1).clamp(0, last)
    clips_B1 = torch.arange(num_clips, device=points_BTVC.device)[:, None]
    before_BT = at_BT.floor().long()
    part_BT11 = (at_BT - before_BT)[..., None, None]
    start_BTVC = points_BTVC[clips_B1, before_BT]
    end_BTVC = points_BTVC[clips_B1, (before_BT + 1).clamp_max(last)]
    warped_BTVC = start_BTVC + part_BT11 * (end_BTVC - start_BTVC)
    nearest_BTVC = torch.where(part_BT11 < 0.5, start_BTVC, end_BTVC)
    return torch.where(warped_BTVC.isnan(), nearest_BTVC, warped_BTVC)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)
