"""Random changes to training clips of points, on whole batches: what a new signer, camera and detector would change.

Every clip draws its own rotation, shear, scale, perspective, mirror and speed, kept through its frames; jitter and
dropped points are drawn for each point of each frame. What was not seen stays so.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.features.preprocess import square
from pipeline.fitting import depth
from pipeline.fitting.chance import normal, uniform
from pipeline.fitting.warp import lost_runs, pivoted, replayed
from pipeline.params import Augment
from pipeline.skeleton import Skeleton

USES = frozenset(Augment.model_fields) - {"shift"}
MAX_STRETCH = 2.0  # perspective magnifies no point by more


def augment(
    landmarks_BTVC: Float[Tensor, "B T V C"],
    aspect_B: Float[Tensor, " B"],
    fps_B: Float[Tensor, " B"],
    handedness_B: Float[Tensor, " B"],
    *,
    skeleton: Skeleton,
    config: Augment,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "B L V C"], Float[Tensor, " B"], Float[Tensor, " B"]]:
    """Returns landmarks, frame rates and handedness of changed clips, which may be longer or shorter.

    `generator` lives on their device and is the only source of chance; what is switched off draws nothing from it.
    """
    points_BTVC = landmarks_BTVC
    if config.time_warp and points_BTVC.shape[1] > 1:
        points_BTVC = pivoted(points_BTVC, config.time_warp, generator)
    if config.cut or config.speed or config.tempo or config.resample:
        points_BTVC, fps_B = replayed(points_BTVC, fps_B, config, generator)
    if config.rotate_deg or config.turn_deg or config.shear or config.scale or config.perspective or config.jitter:
        lifted_BTVC, lift = depth.lifted(square(points_BTVC, aspect_B), skeleton)
        moved_BTVC = depth.lowered(_move(lifted_BTVC, config, generator), skeleton, lift)
        points_BTVC = square(moved_BTVC, 1 / aspect_B)
    if config.mirror:
        flip_B = uniform(aspect_B.shape, generator) < config.mirror
        mirrored_BTVC = torch.cat([1 - points_BTVC[..., :1], points_BTVC[..., 1:]], -1)[..., skeleton.mirrored(), :]
        points_BTVC = torch.where(flip_B[:, None, None, None], mirrored_BTVC, points_BTVC)
        handedness_B = torch.where(flip_B, 1 - handedness_B, handedness_B)
    return _drop(points_BTVC, skeleton, config, generator), fps_B, handedness_B


def _drop(points_BTVC: Tensor, skeleton: Skeleton, config: Augment, generator: torch.Generator) -> Tensor:
    """Loses single points, whole frames, and hands for a run of frames."""
    if config.drop_points:
        dropped_BTV1 = uniform((*points_BTVC.shape[:-1], 1), generator) < config.drop_points
        points_BTVC = points_BTVC.masked_fill(dropped_BTV1, torch.nan)
    if config.drop_frames:
        dropped_BT11 = uniform((*points_BTVC.shape[:2], 1, 1), generator) < config.drop_frames
        points_BTVC = points_BTVC.masked_fill(dropped_BT11, torch.nan)
    if config.drop_hands:
        hands = [skeleton.part(name) for name in skeleton.parts if name.endswith("hand")]
        lost_BTP = lost_runs(points_BTVC, config.drop_hands, len(hands), generator)
        lost_BTV = torch.zeros(points_BTVC.shape[:-1], dtype=torch.bool, device=points_BTVC.device)
        for number, hand in enumerate(hands):
            lost_BTV[..., hand] = lost_BTP[..., number, None]
        points_BTVC = points_BTVC.masked_fill(lost_BTV[..., None], torch.nan)
    return points_BTVC


def _move(points_BTVC: Tensor, config: Augment, generator: torch.Generator) -> Tensor:
    """Rotates, shears, scales, projects and jitters about each clip's mean point, in square units."""
    num_clips = len(points_BTVC)
    centre_B11C = points_BTVC.nanmean((1, 2), keepdim=True).nan_to_num()
    points_BTVC = points_BTVC - centre_B11C
    size_B111 = hand_length(points_BTVC)
    if config.rotate_deg or config.turn_deg:
        spread_3 = torch.tensor([config.rotate_deg, math.hypot(config.rotate_deg, config.turn_deg), config.rotate_deg])
        angles_B3 = spread_3.deg2rad().to(points_BTVC.device) * normal((num_clips, 3), generator)
        points_BTVC = torch.einsum("btvc,bdc->btvd", points_BTVC, rotation(angles_B3))
    if config.shear:
        lean_B11 = config.shear * normal((num_clips, 1, 1), generator)
        x_BTV, y_BTV, z_BTV = points_BTVC.unbind(-1)
        points_BTVC = torch.stack([x_BTV + lean_B11 * y_BTV, y_BTV, z_BTV], -1)
    if config.scale:
        points_BTVC = points_BTVC * (config.scale * normal((num_clips, 1, 1, 3), generator)).exp()
    if config.perspective:
        strength_B11 = config.perspective * (2 * uniform((num_clips, 1, 1), generator) - 1)
        stretch_BTV = 1 - strength_B11 * points_BTVC[..., 2] / size_B111[..., 0]
        stretch_BTV1 = stretch_BTV.clamp(1 / MAX_STRETCH, MAX_STRETCH)[..., None]
        points_BTVC = torch.cat([points_BTVC[..., :2] * stretch_BTV1, points_BTVC[..., 2:]], -1)
    if config.jitter:
        points_BTVC = points_BTVC + config.jitter * size_B111 * normal(points_BTVC.shape, generator)
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
