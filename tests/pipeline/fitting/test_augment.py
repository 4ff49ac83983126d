"""Augmentation: each switch by itself, on numbers that one checks by hand."""

import math

import pytest
import torch

from pipeline.features.preprocess import square
from pipeline.fitting.augment import augment, rotation
from pipeline.params import Augment

OFF = {"rotate_deg": 0, "scale": 0, "perspective": 0, "mirror": 0, "jitter": 0, "drop_points": 0, "time_warp": 0}
STRONG = {
    "rotate_deg": 40,
    "scale": 0.3,
    "perspective": 0.5,
    "mirror": 0.5,
    "jitter": 0.1,
    "drop_points": 0,
    "time_warp": 0.5,
}
ASPECT_B = torch.tensor([1.0, 4 / 3, 0.5, 2.0])
HANDEDNESS_B = torch.tensor([1.0, 0.0, torch.nan, 1.0])


def clips(num_frames: int = 5) -> torch.Tensor:
    return torch.rand(4, num_frames, 21, 3, generator=torch.Generator().manual_seed(0))


def change(landmarks_BTVC: torch.Tensor, seed: int = 1, **switched_on: float) -> tuple[torch.Tensor, torch.Tensor]:
    config = Augment(**{**OFF, **switched_on})  # pyright: ignore[reportArgumentType]
    return augment(landmarks_BTVC, ASPECT_B, HANDEDNESS_B, config, torch.Generator().manual_seed(seed))


def test_all_off_is_the_identity():
    landmarks_BTVC, handedness_B = change(clips())
    assert torch.equal(landmarks_BTVC, clips())
    torch.testing.assert_close(handedness_B, HANDEDNESS_B, equal_nan=True)


def test_mirror_twice_is_the_identity():
    once_BTVC, handedness_B = change(clips(), mirror=1)
    torch.testing.assert_close(once_BTVC[..., 0], 1 - clips()[..., 0])
    torch.testing.assert_close(handedness_B, torch.tensor([0.0, 1.0, torch.nan, 0.0]), equal_nan=True)
    torch.testing.assert_close(change(once_BTVC, mirror=1)[0], clips())


def test_rotation_keeps_distances_in_square_units():
    before, after = (square(x, ASPECT_B) for x in (clips(), change(clips(), rotate_deg=40)[0]))
    distances = [torch.cdist(points[:, 0], points[:, 0]) for points in (before, after)]
    torch.testing.assert_close(distances[0], distances[1], atol=1e-4, rtol=1e-4)
    assert (before - after).abs().max() > 0.1


def test_rotation_is_about_x_then_y_then_z():
    quarter = math.pi / 2
    turns = rotation(torch.tensor([[quarter, 0, 0], [0, quarter, 0], [0, 0, quarter], [quarter, 0, quarter]]))
    y = torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(turns @ y, torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0], [0, 0, 1]]))


def test_scale_multiplies_each_axis_about_the_mean_point():
    before = square(clips(), ASPECT_B)
    after = square(change(clips(), scale=0.3)[0], ASPECT_B)
    ratio_BTVC = (after - after.mean((1, 2), keepdim=True)) / (before - before.mean((1, 2), keepdim=True))
    torch.testing.assert_close(ratio_BTVC, ratio_BTVC[:, :1, :1].expand_as(ratio_BTVC), atol=1e-2, rtol=1e-2)
    assert (ratio_BTVC[:, 0, 0] - 1).abs().amin() > 1e-3


def test_perspective_leaves_depth_and_points_at_mean_depth():
    flat = clips()
    flat[..., 2] = 0.3
    torch.testing.assert_close(change(flat, perspective=1)[0], flat)
    after = change(clips(), perspective=1)[0]
    torch.testing.assert_close(after[..., 2], clips()[..., 2])
    assert (after[..., :2] - clips()[..., :2]).abs().max() > 0.1


def test_jitter_is_in_hand_lengths():
    square_hand = torch.tensor([[0.0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]).repeat(500, 1).expand(4, 1, 2000, 3)
    moved = change(square_hand, jitter=0.1)[0] - square_hand
    height_B = moved[..., 1].std((1, 2))  # in the first clip of aspect 1, points are √½ from their mean
    torch.testing.assert_close(height_B[0], torch.tensor(0.1 * math.sqrt(0.5)), rtol=0.1, atol=0)


def test_drop_points_loses_whole_points():
    dropped = change(clips(), drop_points=0.5)[0].isnan()
    assert torch.equal(dropped.any(-1), dropped.all(-1))
    assert 0.4 < dropped.float().mean() < 0.6


def test_time_warp_plays_a_steady_motion_at_another_speed():
    steady = torch.arange(9.0)[None, :, None, None].expand(4, 9, 21, 3)
    warped = change(steady, time_warp=0.5)[0]
    steps = warped.diff(dim=1)
    assert warped.min() >= 0
    assert warped.max() <= 8
    assert (steps >= 0).all()
    assert (steps.amax(1) <= 1.5 + 1e-5).all()
    assert not torch.allclose(warped, steady)
    assert torch.equal(change(clips(1), time_warp=0.5)[0], clips(1))


@pytest.mark.parametrize("num_frames", [1, 5])
def test_the_generator_is_the_only_source_of_chance(num_frames):
    first = change(clips(num_frames), seed=3, **STRONG)[0]
    assert torch.equal(first, change(clips(num_frames), seed=3, **STRONG)[0])
    assert not torch.equal(first, change(clips(num_frames), seed=4, **STRONG)[0])


def test_what_was_not_seen_stays_so_and_spreads_to_nothing_else():
    landmarks_BTVC = clips(1)
    landmarks_BTVC[1, 0, 7] = torch.nan
    landmarks_BTVC[2] = torch.nan
    changed = change(landmarks_BTVC, **STRONG)[0]
    assert torch.equal(changed.isnan(), landmarks_BTVC.isnan())


def test_time_warp_does_not_grow_a_gap_beyond_its_stretch():
    landmarks_BTVC = clips(9)
    landmarks_BTVC[:, 4] = torch.nan
    gaps_B = change(landmarks_BTVC, time_warp=0.3)[0].isnan().all((2, 3)).sum(1)
    assert (gaps_B <= 2).all()  # played faster, a gap of one frame may be passed over
