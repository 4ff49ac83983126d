"""One depth for a whole body, so that it can be turned as one: a detector gives each hand's z from its own wrist.

A hand is lifted to the z of the pose's wrist before a turn and lowered again after it, as a detector would give it.
In frames without a pose the arm's usual depth stands in. One hand alone is left as it is.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.skeleton import SIDES, Skeleton


def lifted(
    points_BTVC: Float[Tensor, "B T V C"], skeleton: Skeleton
) -> tuple[Float[Tensor, "B T V C"], Float[Tensor, "B T V"]]:
    """Returns points with one depth, and by how much each was lifted."""
    lift_BTV = torch.zeros_like(points_BTVC[..., 0])
    for hand, _, pose_wrist in _arms(skeleton):
        z_BT = points_BTVC[..., pose_wrist, 2]
        usual_B1 = z_BT.nanmean(1, keepdim=True).nan_to_num()
        lift_BTV[..., hand] = torch.where(z_BT.isnan(), usual_B1, z_BT)[..., None]
    return _raised(points_BTVC, lift_BTV), lift_BTV


def lowered(
    points_BTVC: Float[Tensor, "B T V C"], skeleton: Skeleton, lift_BTV: Float[Tensor, "B T V"]
) -> Float[Tensor, "B T V C"]:
    """Returns points with each hand's z from its wrist again; of a hand without a wrist, by what it was lifted."""
    drop_BTV = lift_BTV.clone()
    for hand, wrist, _ in _arms(skeleton):
        z_BT1 = points_BTVC[..., wrist, 2:]
        drop_BTV[..., hand] = torch.where(z_BT1.isnan(), lift_BTV[..., hand], z_BT1)
    return _raised(points_BTVC, -drop_BTV)


def _arms(skeleton: Skeleton) -> list[tuple[list[int], int, int]]:
    """Returns each hand's columns, its wrist's and the pose's wrist's; none where there is no pose."""
    if "pose" not in skeleton.parts:
        return []
    sides = [(f"{side}_hand", f"{side}_hand_wrist", f"pose_{side}_wrist") for side in SIDES]
    return [(skeleton.part(hand), skeleton.index(wrist), skeleton.index(pose)) for hand, wrist, pose in sides]


def _raised(points_BTVC: Tensor, lift_BTV: Tensor) -> Tensor:
    return torch.cat([points_BTVC[..., :2], (points_BTVC[..., 2] + lift_BTV)[..., None]], -1)
