"""What may change about a signer's clip without changing what is measured of it, and what changes with it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline.features import SETS
from pipeline.features.holistic import Preprocess
from tests.pipeline.features.bodies import BODY, make_signing

MODULES = {name: Preprocess(name, BODY) for name in SETS["holistic"]}
NAMES = {name: (*module.features.names, "seconds") for name, module in MODULES.items()}

every_set = pytest.mark.parametrize("name", MODULES)
signers = st.integers(0, 2**32 - 1).map(lambda seed: with_losses(make_signing(seed=seed), seed))
quick = settings(deadline=None, max_examples=8)


def with_losses(clip_BTVC: Tensor, seed: int) -> Tensor:
    """Loses single points, and each part for two runs of one to nine frames; of one seed in three the whole pose."""
    generator = torch.Generator().manual_seed(seed)
    clip_BTVC = clip_BTVC.clone()
    for part in BODY.parts:
        for start, length in torch.randint(1, 10, (2, 2), generator=generator).tolist():
            clip_BTVC[:, start : start + length, BODY.part(part)] = torch.nan
    lost_BTV = torch.rand(clip_BTVC.shape[:3], generator=generator) < 0.05
    lost_BTV[:, 0] = False
    lost_BTV[..., BODY.part("pose")] |= seed % 3 == 0
    return clip_BTVC.masked_fill(lost_BTV[..., None], torch.nan)


def measure(name: str, clip_BTVC: Tensor, *, aspect: float = 1.0, fps: float = 25.0) -> tuple[Tensor, Tensor]:
    one_B = torch.ones(len(clip_BTVC))
    return MODULES[name](clip_BTVC, aspect * one_B, fps * one_B, math.nan * one_B)


def same(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]) -> None:
    torch.testing.assert_close(a[0], b[0], rtol=1e-3, atol=2e-3)
    assert torch.equal(a[1], b[1])


@every_set
@quick
@given(signers, st.floats(-1, 1), st.floats(-1, 1), st.floats(0.4, 2.5))
def test_moving_and_resizing_the_signer_in_the_picture_changes_nothing(name, clip_BTVC, dx, dy, scale):
    moved_BTVC = clip_BTVC * scale + torch.tensor([dx, dy, 0.0])
    same(measure(name, clip_BTVC), measure(name, moved_BTVC))


@every_set
@quick
@given(st.integers(0, 1000), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_signer_who_drifts_is_measured_as_one_who_stands(name, seed, dx, dy):
    clip_BTVC = make_signing(seed=seed)
    drift_T1C = torch.arange(25.0)[:, None, None] / 25 * torch.tensor([dx, dy, 0.0])
    same(measure(name, clip_BTVC), measure(name, clip_BTVC + drift_T1C))


@every_set
@quick
@given(signers, st.floats(0.5, 2))
def test_the_same_signer_in_a_wider_picture_changes_nothing(name, clip_BTVC, aspect):
    recorded_BTVC = clip_BTVC / torch.tensor([aspect, 1.0, aspect])
    same(measure(name, clip_BTVC), measure(name, recorded_BTVC, aspect=aspect))


def mirrored(clip_BTVC: Tensor) -> Tensor:
    return torch.cat([1 - clip_BTVC[..., :1], clip_BTVC[..., 1:]], -1)[..., BODY.mirrored(), :]


def mirrored_features(name: str, features_BTF: Tensor) -> Tensor:
    """Swaps what is named after a side for the other's, and turns what lies along x."""
    sides = {"left": "right", "right": "left"}
    other = ["_".join(sides.get(word, word) for word in feature.split("_")) for feature in NAMES[name]]
    along_x = torch.tensor([feature.endswith(("_x", "_vx")) for feature in NAMES[name]])
    swapped_BTF = features_BTF[..., [NAMES[name].index(feature) for feature in other]]
    return torch.where(along_x, -swapped_BTF, swapped_BTF)


@every_set
@quick
@given(signers)
def test_a_mirror_swaps_the_sides_and_turns_x_and_twice_is_the_identity(name, clip_BTVC):
    features_BTF, seen_BT = measure(name, clip_BTVC)
    same((mirrored_features(name, features_BTF), seen_BT), measure(name, mirrored(clip_BTVC)))
    assert torch.equal(mirrored_features(name, mirrored_features(name, features_BTF)), features_BTF)
    same((features_BTF, seen_BT), measure(name, mirrored(mirrored(clip_BTVC))))


@every_set
@quick
@given(signers, st.integers(1, 12))
def test_unseen_frames_at_the_end_change_nothing_before_them(name, clip_BTVC, appended):
    padding_BTVC = torch.full((1, appended, 75, 3), torch.nan)
    features_BTF, seen_BT = measure(name, torch.cat([clip_BTVC, padding_BTVC], 1))
    same(measure(name, clip_BTVC), (features_BTF[:, :25], seen_BT[:, :25]))
    assert not seen_BT[:, 25:].any()
    assert not features_BTF[:, 25:].any()


@every_set
@quick
@given(signers)
def test_unseen_frames_at_the_start_change_nothing_after_them(name, clip_BTVC):
    padding_BTVC = torch.full((1, 3, 75, 3), torch.nan)
    features_BTF, seen_BT = measure(name, torch.cat([padding_BTVC, clip_BTVC], 1))
    same(measure(name, clip_BTVC), (features_BTF[:, 3:], seen_BT[:, 3:]))


@every_set
@quick
@given(st.integers(0, 1000), st.sampled_from([24.0, 30.0, 60.0]))
def test_half_the_frame_rate_keeps_positions_and_roughly_velocities(name, seed, fps):
    clip_BTVC = make_signing(30, fps=fps, seed=seed)
    whole_BTF, half_BTF = measure(name, clip_BTVC, fps=fps)[0][:, ::2], measure(name, clip_BTVC[:, ::2], fps=fps / 2)[0]
    moving = torch.tensor(["_v" in feature for feature in NAMES[name]])
    torch.testing.assert_close(half_BTF[..., ~moving], whole_BTF[..., ~moving], rtol=1e-4, atol=1e-4)
    inside_BTF, slower_BTF = whole_BTF[:, 1:-1, moving], half_BTF[:, 1:-1, moving]
    torch.testing.assert_close(inside_BTF, slower_BTF, rtol=0, atol=0.05)  # hands move one shoulder width a second


@every_set
@quick
@given(st.integers(0, 1000), st.integers(1, 20), st.sampled_from(list(BODY.parts)))
def test_a_part_lost_for_two_frames_is_on_the_line_between_and_marked_unseen(name, seed, start, part):
    clip_BTVC = make_signing(seed=seed)
    line_BTVC, lost_BTVC = clip_BTVC.clone(), clip_BTVC.clone()
    columns = BODY.part(part)
    before, after = clip_BTVC[:, start - 1, columns], clip_BTVC[:, start + 2, columns]
    line_BTVC[:, start, columns] = before + (after - before) / 3
    line_BTVC[:, start + 1, columns] = before + (after - before) * 2 / 3
    lost_BTVC[:, start : start + 2, columns] = torch.nan
    line_BTF, lost_BTF = measure(name, line_BTVC)[0], measure(name, lost_BTVC)[0]
    if name == "points":
        seen_BTV = lost_BTF[..., :-1].unflatten(-1, (75, 7))[..., 6]
        assert not seen_BTV[:, start : start + 2, columns].any()
        assert seen_BTV.sum() == 25 * 75 - 2 * len(columns)
        line_BTF, lost_BTF = (f[..., :-1].unflatten(-1, (75, 7))[..., :6] for f in (line_BTF, lost_BTF))
    torch.testing.assert_close(line_BTF, lost_BTF, rtol=1e-4, atol=1e-4)
