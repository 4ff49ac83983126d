"""A clip's time: speed, tempo, frame rate and cuts, on a movement that is its own clock."""

import pytest
import torch
from torch import Tensor

from pipeline.fitting.warp import replayed
from pipeline.params import Augment

FPS_B = torch.tensor([30.0, 15.0, torch.nan])
LENGTHS = (31, 17, 9)


def clocks() -> Tensor:
    """Clips of two points whose coordinates are the frame's number; each is padded to 40 frames."""
    clips_BTVC = torch.arange(40.0)[:, None, None].expand(3, 40, 2, 3).clone()
    for clip_TVC, length in zip(clips_BTVC, LENGTHS, strict=True):
        clip_TVC[length:] = torch.nan
    return clips_BTVC


def play(clips_BTVC: Tensor, seed: int = 0, **switched_on: float) -> tuple[Tensor, Tensor]:
    config = Augment(**switched_on)  # pyright: ignore[reportArgumentType]
    return replayed(clips_BTVC, FPS_B, config, torch.Generator().manual_seed(seed))


def lengths(clips_BTVC: Tensor) -> list[int]:
    """Returns the seen frames of each clip, which lie before all that are not."""
    seen_BT = ~clips_BTVC.isnan().flatten(2).any(-1)
    assert (seen_BT.float().diff(dim=1) <= 0).all()
    return seen_BT.sum(1).tolist()


def test_with_all_off_a_clip_loses_its_padding_and_no_more():
    played_BLVC, fps_B = play(clocks())
    assert played_BLVC.shape[1] == 31
    torch.testing.assert_close(played_BLVC, clocks()[:, :31], equal_nan=True)
    torch.testing.assert_close(fps_B, FPS_B, equal_nan=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("switch", ["speed", "resample"])
def test_a_clip_is_played_from_end_to_end_at_one_speed(switch: str, seed: int):
    played_BLVC, fps_B = play(clocks(), seed, **{switch: 0.5})
    assert played_BLVC.shape[1] == max(lengths(played_BLVC))
    for clip_LVC, length, count in zip(played_BLVC, lengths(played_BLVC), LENGTHS, strict=True):
        steps_L = clip_LVC[:length, 0, 0].diff()
        torch.testing.assert_close(steps_L, steps_L[:1].expand_as(steps_L), atol=1e-3, rtol=0)
        assert 0.5 - 1e-3 <= steps_L[0] <= 2 + 1e-3
        assert clip_LVC[0, 0, 0] == 0
        assert count - 1 - steps_L[0] < clip_LVC[length - 1, 0, 0] < count
    if switch == "resample":  # the frames are further apart by as much as there are fewer a second
        steps_B = played_BLVC[:, 1, 0, 0] - played_BLVC[:, 0, 0, 0]
        torch.testing.assert_close((steps_B * fps_B)[:2], FPS_B[:2])
        assert fps_B[2].isnan()
    else:
        torch.testing.assert_close(fps_B, FPS_B, equal_nan=True)


def test_tempo_changes_within_a_clip_whose_ends_and_length_stay():
    played_BLVC, _ = play(clocks(), tempo=0.5)
    assert lengths(played_BLVC) == list(LENGTHS)
    spread_B = []
    for clip_LVC, length in zip(played_BLVC, LENGTHS, strict=True):
        clock_L = clip_LVC[:length, 0, 0]
        assert clock_L[0] == 0
        assert clock_L[-1] == pytest.approx(length - 1, abs=1e-4)
        assert (clock_L.diff() > 0).all()
        spread_B.append(clock_L.diff().max() - clock_L.diff().min())
    assert max(spread_B) > 0.1


def test_a_cut_trims_both_ends():
    played_BLVC, _ = play(clocks(), cut=0.3)
    for clip_LVC, length, count in zip(played_BLVC, lengths(played_BLVC), LENGTHS, strict=True):
        first, last = clip_LVC[0, 0, 0], clip_LVC[length - 1, 0, 0]
        assert 0 < first < 0.3 * count
        assert 0.7 * (count - 1) - 1 < last < count - 1
        torch.testing.assert_close(clip_LVC[:length, 0, 0].diff(), torch.ones(length - 1))


@pytest.mark.parametrize("num_frames", [1, 3])
def test_a_clip_that_was_never_seen_stays_unseen(num_frames: int):
    never_BTVC = torch.full((3, num_frames, 2, 3), torch.nan)
    played_BLVC, _ = play(never_BTVC, speed=0.5, tempo=0.5, resample=0.5, cut=0.4)
    assert played_BLVC.isnan().all()


def test_a_gap_grows_no_more_than_the_clip_and_padding_never_mixes_in():
    clips_BTVC = clocks()
    clips_BTVC[:, 4, 0] = torch.nan
    played_BLVC, _ = play(clips_BTVC, seed=2, speed=0.5)
    length_B = torch.tensor(lengths(played_BLVC[:, :, 1:]))
    gaps_B = played_BLVC[:, :, 0].isnan().any(-1).sum(1) - (played_BLVC.shape[1] - length_B)
    assert (gaps_B <= 2).all()  # at half the speed
