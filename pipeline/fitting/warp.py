"""Random changes of a clip's time: how fast it is signed, how often it was photographed, where it starts and ends.

A clip lies between its first and its last seen frame; what is before and after, and so the padding of a batch, is not
part of it and is never mixed in. Between a seen and an unseen frame the nearer one decides, so that a gap does not
grow.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pipeline.fitting.chance import around_one, uniform
from pipeline.params import Augment


def pivoted(points_BTVC: Float[Tensor, "B T V C"], share: float, generator: torch.Generator) -> Tensor:
    """Plays each clip faster or slower about a random frame; what leaves its ends repeats them."""
    num_clips, num_frames = points_BTVC.shape[:2]
    last = num_frames - 1
    speed_B1 = around_one(share, (num_clips, 1), generator)
    pivot_B1 = last * uniform((num_clips, 1), generator)
    frames_T = torch.arange(num_frames, device=points_BTVC.device)
    return sampled(points_BTVC, (pivot_B1 + (frames_T - pivot_B1) * speed_B1).clamp(0, last))


def replayed(
    points_BTVC: Float[Tensor, "B T V C"], fps_B: Float[Tensor, " B"], config: Augment, generator: torch.Generator
) -> tuple[Float[Tensor, "B L V C"], Float[Tensor, " B"]]:
    """Cuts each clip, plays it at another speed and tempo, and takes its frames at another rate.

    Each clip then starts in the first frame, and the batch is as long as its longest clip needs: a sign played slowly
    keeps its end. Who signs faster needs fewer frames at the same rate (`speed`); a camera that takes fewer frames has
    a lower one (`resample`), so that velocities per second stay. An unknown rate stays unknown: there both are one.
    """
    first_B1, last_B1 = _ends(points_BTVC)
    cuts_B2 = config.cut * uniform((len(points_BTVC), 2), generator) if config.cut else torch.zeros_like(first_B1)
    room_B1 = last_B1 - first_B1
    first_B1, last_B1 = first_B1 + room_B1 * cuts_B2[:, :1], last_B1 - room_B1 * cuts_B2[:, -1:]
    rate_B1 = around_one(config.resample, first_B1.shape, generator)
    pace_B1 = around_one(config.speed, first_B1.shape, generator) / rate_B1
    span_B1 = (last_B1 - first_B1) / pace_B1  # in new frames
    length = 1 + max(0, math.floor(span_B1.amax().item() + 1e-3))
    share_BL = torch.arange(length, device=points_BTVC.device) / span_B1.clamp_min(1e-3)
    if config.tempo:
        bend_B1 = around_one(config.tempo, first_B1.shape, generator) - 1
        share_BL = share_BL + bend_B1 * (2 * math.pi * share_BL).sin() / (2 * math.pi)
    at_BL = first_B1 + (last_B1 - first_B1) * share_BL.clamp(0, 1)
    beyond_BL = torch.arange(length, device=points_BTVC.device) > span_B1 + 1e-3
    played_BLVC = sampled(points_BTVC, at_BL).masked_fill(beyond_BL[..., None, None], torch.nan)
    return played_BLVC, fps_B * rate_B1[:, 0]


def lost_runs(
    points_BTVC: Float[Tensor, "B T V C"], share: float, num_parts: int, generator: torch.Generator
) -> Bool[Tensor, "B T P"]:
    """Marks one run of frames, from and to anywhere in the clip, in a share of the clips for each of its parts."""
    shape = (len(points_BTVC), 1, num_parts)
    first_B1, last_B1 = _ends(points_BTVC)
    lost_B1P = uniform(shape, generator) < share
    ends_2B1P = uniform((2, *shape), generator).sort(0).values
    bounds_2B1P = (first_B1[..., None] + ends_2B1P * (last_B1 - first_B1 + 1)[..., None]).floor()
    frames_T1 = torch.arange(points_BTVC.shape[1], device=points_BTVC.device)[:, None]
    return lost_B1P & (frames_T1 >= bounds_2B1P[0]) & (frames_T1 <= bounds_2B1P[1])


def sampled(points_BTVC: Float[Tensor, "B T V C"], at_BL: Float[Tensor, "B L"]) -> Float[Tensor, "B L V C"]:
    """Returns what lies between frames, by linear interpolation."""
    clips_B1 = torch.arange(len(points_BTVC), device=points_BTVC.device)[:, None]
    before_BL = at_BL.floor().long()
    part_BL11 = (at_BL - before_BL)[..., None, None]
    start_BLVC = points_BTVC[clips_B1, before_BL]
    end_BLVC = points_BTVC[clips_B1, (before_BL + 1).clamp_max(points_BTVC.shape[1] - 1)]
    between_BLVC = start_BLVC + part_BL11 * (end_BLVC - start_BLVC)
    nearest_BLVC = torch.where(part_BL11 < 0.5, start_BLVC, end_BLVC)
    return torch.where(between_BLVC.isnan(), nearest_BLVC, between_BLVC)


def _ends(points_BTVC: Tensor) -> tuple[Tensor, Tensor]:
    """Returns each clip's first and last seen frame; zero and zero of a clip without any."""
    seen_BT = ~points_BTVC.isnan().any(-1).all(-1)
    frames_T = torch.arange(seen_BT.shape[1], device=seen_BT.device)
    last_B1 = torch.where(seen_BT, frames_T, 0).amax(1, keepdim=True).float()
    first_B1 = torch.where(seen_BT, frames_T, seen_BT.shape[1]).amin(1, keepdim=True).float()
    return torch.minimum(first_B1, last_B1), last_B1
