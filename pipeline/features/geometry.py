"""Lengths, turns and bends of points; none gives NaN, nor a NaN gradient, on a degenerate hand.

Trap: a tiny number that is added is taken for zero by the ONNX exporter's optimiser and left out; a lower bound stays.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

TINY = 1e-8  # keeps square roots and quotients away from zero; the square of a length below 1e-4


def length(vector_BTXC: Float[Tensor, "*BTX C"]) -> Float[Tensor, "*BTX"]:
    """Returns Euclidean lengths; the plain norm's gradient at zero is NaN."""
    return vector_BTXC.square().sum(-1).clamp_min(TINY**2).sqrt()


def unit(vector_BTXC: Float[Tensor, "*BTX C"]) -> Float[Tensor, "*BTX C"]:
    """Returns directions; a vector without length has none and stays zero."""
    return vector_BTXC / length(vector_BTXC)[..., None]


def spread(points_BTVC: Float[Tensor, "B T V C"]) -> Float[Tensor, "B T"]:
    """Returns the root mean square distance of the points from their mean, in the picture plane."""
    plane_BTVC = points_BTVC[..., :2] - points_BTVC[..., :2].mean(-2, keepdim=True)
    return plane_BTVC.square().sum(-1).mean(-1).clamp_min(TINY).sqrt()


def median(values_BNC: Float[Tensor, "B N C"], seen_BN: Bool[Tensor, "B N"]) -> Float[Tensor, "B C"]:
    """Returns the median of what was seen, zero where nothing was; by sorting, as no other median exports.

    Of an even number it is the mean of the two in the middle: one of them alone would not mirror.
    """
    ordered_BNC = torch.where(seen_BN[..., None], values_BNC, torch.inf).sort(1).values
    count_B = seen_BN.sum(1)
    middle_B2 = torch.stack([(count_B - 1).clamp_min(0) // 2, count_B // 2], 1)
    median_BC = ordered_BNC.gather(1, middle_B2[..., None].expand(-1, -1, values_BNC.shape[-1])).mean(1)
    return torch.where(seen_BN.any(1)[:, None], median_BC, 0.0)


def curls_as_left(
    points_BTVC: Float[Tensor, "B T V C"], palm: list[int], roots: list[int], tips: list[int]
) -> Bool[Tensor, "B T"]:
    """Tells a left hand by its shape: fingers bend towards the palm, and the thumb's side says which way that is.

    `palm` is wrist, index knuckle and little knuckle. Each frame for itself; a flat hand may come out either way.
    """
    wrist_BTC, index_BTC, pinky_BTC = (points_BTVC[..., i, :] for i in palm)
    across_BTC = torch.linalg.cross(index_BTC - wrist_BTC, pinky_BTC - wrist_BTC)
    bend_BTC = points_BTVC[..., tips, :].mean(-2) - points_BTVC[..., roots, :].mean(-2)
    return (across_BTC * bend_BTC).sum(-1) < 0


def mirror(points_BTVC: Float[Tensor, "B T V C"], left_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T V C"]:
    """Turns the left hands into right ones."""
    x_BTV = torch.where(left_BT[..., None], -points_BTVC[..., 0], points_BTVC[..., 0])
    return torch.cat([x_BTV[..., None], points_BTVC[..., 1:]], -1)


def upright(points_BTVC: Float[Tensor, "B T V C"], bone_BTC: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V C"]:
    """Rotates the picture plane about the origin until the bone points up (y is negative: it grows downwards)."""
    ux_BT1, uy_BT1 = unit(bone_BTC[..., :2]).split(1, -1)
    x_BTV, y_BTV = points_BTVC[..., 0], points_BTVC[..., 1]
    turned = [ux_BT1 * y_BTV - uy_BT1 * x_BTV, -ux_BT1 * x_BTV - uy_BT1 * y_BTV, points_BTVC[..., 2]]
    return torch.stack(turned, -1)


def curl(chain_BTXKC: Float[Tensor, "*BTX K C"]) -> Float[Tensor, "*BTX"]:
    """Returns how bent a chain of K points is: 0 straight, towards 1 as its tip comes back to its root."""
    bones_BTX = length(chain_BTXKC[..., 1:, :] - chain_BTXKC[..., :-1, :]).sum(-1)
    return 1 - length(chain_BTXKC[..., -1, :] - chain_BTXKC[..., 0, :]) / bones_BTX
