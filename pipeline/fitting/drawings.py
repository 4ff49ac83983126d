"""Random changes to drawings, on whole batches: what another hand would tilt, lean, stretch and put elsewhere.

Each drawing draws its own change about the picture's middle, and is read once through all of them together, so that its
lines blur once. What comes in from outside is paper.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from pipeline.fitting.chance import normal, uniform
from pipeline.params import Augment

USES = frozenset({"rotate_deg", "shear", "scale", "shift", "mirror"})


def augment(
    bitmap_B1HW: Float[Tensor, "B 1 H W"], *, config: Augment, generator: torch.Generator
) -> Float[Tensor, "B 1 H W"]:
    """Returns changed drawings of the same size.

    `generator` lives on their device and is the only source of chance; what is switched off draws nothing from it.
    """
    if config.rotate_deg or config.shear or config.scale or config.shift:
        seen_from_B23 = _seen_from(bitmap_B1HW, config, generator)
        grid_BHW2 = F.affine_grid(seen_from_B23, list(bitmap_B1HW.shape), align_corners=False)
        bitmap_B1HW = F.grid_sample(bitmap_B1HW, grid_BHW2, align_corners=False)
    if config.mirror:
        flip_B = uniform((len(bitmap_B1HW),), generator) < config.mirror
        bitmap_B1HW = torch.where(flip_B[:, None, None, None], bitmap_B1HW.flip(3), bitmap_B1HW)
    return bitmap_B1HW


def _seen_from(bitmap_B1HW: Tensor, config: Augment, generator: torch.Generator) -> Float[Tensor, "B 2 3"]:
    """Returns where each place of the new picture is in the old one: x and y from −1 to 1, by a matrix and a step."""
    num, _, height, width = bitmap_B1HW.shape
    moved_B22 = torch.eye(2, device=bitmap_B1HW.device).repeat(num, 1, 1)
    if config.rotate_deg:
        angle_B = config.rotate_deg * normal((num,), generator).deg2rad()
        cos_B, sin_B = angle_B.cos(), angle_B.sin()
        moved_B22 = torch.stack([torch.stack([cos_B, -sin_B], -1), torch.stack([sin_B, cos_B], -1)], 1)
    if config.shear:
        lean_B = config.shear * normal((num,), generator)
        leant_B22 = torch.eye(2, device=bitmap_B1HW.device).repeat(num, 1, 1)
        leant_B22[:, 0, 1] = lean_B
        moved_B22 = moved_B22 @ leant_B22
    if config.scale:
        moved_B22 = moved_B22 / (config.scale * normal((num, 2), generator)).exp()[:, :, None]
    sides_2 = torch.tensor([width, height], device=bitmap_B1HW.device)
    moved_B22 = moved_B22 * sides_2 / sides_2[:, None]  # a rotation in pixels, where the picture is not square
    step_B2 = torch.zeros(num, 2, device=bitmap_B1HW.device)
    if config.shift:
        step_B2 = 2 * config.shift * normal((num, 2), generator)  # a side is 2 long
    return torch.cat([moved_B22, step_B2[:, :, None]], 2)
