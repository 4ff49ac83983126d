"""Augmentation: each switch by itself, on numbers that one checks by hand."""

import math

import pytest
import torch

from pipeline.features.preprocess import square
from pipeline.fitting.augment import augment, rotation
from pipeline.params import Augment
from pipeline.skeleton import skeleton

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
FPS_B = torch.tensor([30.0, 15.0, torch.nan, 25.0])
HANDEDNESS_B = torch.tensor([1.0, 0.0, torch.nan, 1.0])


def clips(num_frames: int = 5) -> torch.Tensor:
    return torch.rand(4, num_frames, 21, 3, generator=torch.Generator().manual_seed(0))


def change(landmarks_BTVC: torch.Tensor, seed: int = 1, **switched_on: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns landmarks and handedness; the skeleton is that of the points' number."""
    landmarks_BTVC, _, handedness_B = change_all(landmarks_BTVC, seed, **switched_on)
    return landmarks_BTVC, handedness_B


def change_all(landmarks_BTVC: torch.Tensor, seed: int, **switched_on: float) -> tuple[torch.Tensor, ...]:
    return augment(
        landmarks_BTVC,
        ASPECT_B,
        FPS_B,
        HANDEDNESS_B,
        skeleton=skeleton("hand" if landmarks_BTVC.shape[2] == 21 else "holistic"),
        config=Augment(**{**OFF, **switched_on}),  # pyright: ignore[reportArgumentType]
        generator=torch.Generator().manual_seed(seed),
    )


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


BODY = skeleton("holistic")


def bodies(num_frames: int = 5) -> torch.Tensor:
    return torch.rand(4, num_frames, 75, 3, generator=torch.Generator().manual_seed(0))


def test_a_mirror_swaps_the_hands_of_a_body_and_twice_is_the_identity():
    once_BTVC, _ = change(bodies(), mirror=1)
    left, right = BODY.part("left_hand"), BODY.part("right_hand")
    torch.testing.assert_close(once_BTVC[:, :, left, 0], 1 - bodies()[:, :, right, 0])
    torch.testing.assert_close(once_BTVC[:, :, left, 1:], bodies()[:, :, right, 1:])
    assert torch.equal(once_BTVC[..., BODY.index("pose_nose"), 1], bodies()[..., BODY.index("pose_nose"), 1])
    torch.testing.assert_close(change(once_BTVC, mirror=1)[0], bodies())


def test_shear_leans_sideways_in_proportion_to_height():
    before, after = square(bodies(), ASPECT_B), square(change(bodies(), shear=0.3)[0], ASPECT_B)
    torch.testing.assert_close(after[..., 1], before[..., 1])
    moved_BTV, height_BTV = (after - before)[..., 0], (before - before.mean((1, 2), keepdim=True))[..., 1]
    lean_B = (moved_BTV * height_BTV).sum((1, 2)) / height_BTV.square().sum((1, 2))
    torch.testing.assert_close(moved_BTV, lean_B[:, None, None] * height_BTV, atol=1e-5, rtol=1e-4)
    assert lean_B.abs().amin() > 1e-2


def test_a_body_is_turned_as_one_and_a_hand_keeps_its_depth_from_its_wrist():
    """Before and after, the hands are put where the arms end: all distances of the whole body are kept."""
    wrists = [(BODY.part(f"{side}_hand"), BODY.index(f"pose_{side}_wrist")) for side in ("left", "right")]
    recorded = bodies()
    for hand, pose_wrist in wrists:
        recorded[:, :, hand[0], :2] = recorded[:, :, pose_wrist, :2]
        recorded[:, :, hand[0], 2] = 0
    turned = change(recorded, rotate_deg=40)[0]
    whole = []
    for picture in (recorded, turned):
        points = square(picture, ASPECT_B)
        for hand, pose_wrist in wrists:
            assert points[:, :, hand[0], 2].abs().max() < 1e-5
            points[:, :, hand, 2] += points[:, :, pose_wrist, 2:]
        whole.append((points[:, 0, :, None] - points[:, 0, None]).norm(dim=-1))
    torch.testing.assert_close(whole[0], whole[1], atol=1e-5, rtol=1e-4)
    assert (recorded - turned).abs().max() > 0.1


def test_a_body_without_pose_or_wrist_is_turned_too_and_spreads_no_gap():
    landmarks_BTVC = bodies()
    landmarks_BTVC[0, 1:, BODY.part("pose")] = torch.nan
    landmarks_BTVC[1, :, BODY.part("pose")] = torch.nan
    landmarks_BTVC[2, 2, BODY.index("left_hand_wrist")] = torch.nan
    landmarks_BTVC[3] = torch.nan
    assert torch.equal(change(landmarks_BTVC, **STRONG | {"mirror": 0})[0].isnan(), landmarks_BTVC.isnan())


def test_drop_frames_loses_whole_frames():
    dropped_BT = change(bodies(200), drop_frames=0.3)[0].isnan().flatten(2)
    assert torch.equal(dropped_BT.any(-1), dropped_BT.all(-1))
    assert 0.2 < dropped_BT.any(-1).float().mean() < 0.4


def test_drop_hands_loses_one_run_of_frames_of_a_hand_within_the_clip():
    landmarks_BTVC = bodies(12)
    landmarks_BTVC[:, 8:] = torch.nan
    runs = 0
    for seed in range(8):
        lost_BTV = change(landmarks_BTVC, seed, drop_hands=0.5)[0][:, :8].isnan().any(-1)
        assert not lost_BTV[..., BODY.part("pose")].any()
        for name in ("left_hand", "right_hand"):
            hand_BTV = lost_BTV[..., BODY.part(name)]
            assert torch.equal(hand_BTV.any(-1), hand_BTV.all(-1))
            starts_B = hand_BTV[..., 0].float().diff(dim=1, prepend=torch.zeros(4, 1)).clamp_min(0).sum(1)
            assert starts_B.max() <= 1
            runs += int(starts_B.sum())
    assert 16 < runs < 48  # of 64 hands
