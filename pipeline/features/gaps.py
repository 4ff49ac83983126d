"""Short gaps in what a detector found are bridged: its misses last a few frames, a hand at rest stays away longer.

A gap is bridged where it lasts at most GAP_S seconds and MAX_GAP frames and has a seen frame on both sides; so nothing
is made up before a clip's first seen frame or after its last, and unseen frames at its end change nothing.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

GAP_S = 0.2
MAX_GAP = 6  # frames; the search is a fixed number of shifts, since nothing that looks further exports
ROUNDING = 1e-3  # frames; 0.2 s at 15 frames a second are three


def usual(fps_B: Float[Tensor, " B"], otherwise: float = 30.0) -> Float[Tensor, " B"]:
    """Returns the frame rate, and the usual one where it is unknown."""
    return torch.where(fps_B > 0, fps_B, otherwise)


def shifted(values_BTX: Float[Tensor, "B T *X"], frames: int) -> Float[Tensor, "B T *X"]:
    """Moves frames later (earlier, if negative) and puts zeros in their place."""
    ends = (max(frames, 0), max(-frames, 0))
    padded_BTX = nn.functional.pad(values_BTX, (*(0, 0) * (values_BTX.ndim - 2), *ends))
    return padded_BTX[:, :-frames] if frames > 0 else padded_BTX[:, -frames:]


class Gaps:
    """Where the short gaps of each part are, and how far it is to what was seen on both sides."""

    def __init__(self, seen_BTP: Bool[Tensor, "B T P"], fps_B: Float[Tensor, " B"]) -> None:
        back_BTP, ahead_BTP = _frames_to_seen(seen_BTP, later=1), _frames_to_seen(seen_BTP, later=-1)
        most_B = (GAP_S * usual(fps_B) + ROUNDING).floor().clamp_max(MAX_GAP)
        short_BTP = back_BTP + ahead_BTP - 1 <= most_B[:, None, None]
        self.bridged_BTP: Tensor = ~seen_BTP & short_BTP
        self.back_BTP: Tensor = torch.where(self.bridged_BTP, back_BTP, 0.0)
        self.ahead_BTP: Tensor = torch.where(self.bridged_BTP, ahead_BTP, 0.0)

    def bridge(self, points_BTVC: Float[Tensor, "B T V C"], spans: list[slice]) -> Float[Tensor, "B T V C"]:
        """Puts points on the straight line between the gap's two sides; `spans` says where each part's points lie."""
        parts = [self._bridged(points_BTVC[:, :, span], part) for part, span in enumerate(spans)]
        return torch.cat(parts, 2)

    def _bridged(self, points_BTVC: Tensor, part: int) -> Tensor:
        back_BT, ahead_BT = self.back_BTP[..., part], self.ahead_BTP[..., part]
        before_BTVC, after_BTVC = _taken(points_BTVC, -back_BT), _taken(points_BTVC, ahead_BT)
        share_BT = back_BT / (back_BT + ahead_BT).clamp_min(1.0)
        return before_BTVC + share_BT[..., None, None] * (after_BTVC - before_BTVC)


def _frames_to_seen(seen_BTP: Tensor, later: int) -> Tensor:
    """Counts the frames to the nearest seen one on one side; more than MAX_GAP where there is none so near."""
    seen_BTP = seen_BTP.float()
    count_BTP = torch.full_like(seen_BTP, 2.0 * MAX_GAP)
    for frames in range(MAX_GAP, 0, -1):
        count_BTP = torch.where(shifted(seen_BTP, later * frames) > 0, float(frames), count_BTP)
    return count_BTP


def _taken(points_BTVC: Tensor, later_BT: Tensor) -> Tensor:
    """Returns for each frame the points of the frame so many later, whole frames at a time."""
    clips, frames = points_BTVC.shape[:2]
    rows_BT = torch.arange(clips * frames, device=points_BTVC.device).unflatten(0, (clips, frames)) + later_BT.long()
    return points_BTVC.flatten(0, 1).index_select(0, rows_BT.flatten()).unflatten(0, (clips, frames))
