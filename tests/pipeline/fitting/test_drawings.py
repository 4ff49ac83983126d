"""Changes to drawings: each alone, on a few pixels; the same seed, the same changes."""

import pytest
import torch

from pipeline.fitting.drawings import USES, augment
from pipeline.params import Augment

STILL = dict.fromkeys(USES, 0.0)


def changed(bitmap: torch.Tensor, *, seed: int = 0, **settings: float) -> torch.Tensor:
    config = Augment.model_validate(STILL | settings)
    return augment(bitmap, config=config, generator=torch.Generator().manual_seed(seed))


def cross(num: int = 64, side: int = 15) -> torch.Tensor:
    """A line across the middle, longer to the right."""
    bitmap = torch.zeros(num, 1, side, side)
    bitmap[:, 0, side // 2, side // 2 - 2 : side - 2] = 255
    return bitmap


def test_without_a_change_a_drawing_stays_and_nothing_is_drawn_from_chance():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    bitmap = cross()
    assert augment(bitmap, config=Augment.model_validate(STILL), generator=generator) is bitmap
    assert torch.equal(generator.get_state(), before)


def test_the_share_is_mirrored():
    bitmap = cross(1000)
    after = changed(bitmap, mirror=0.3)
    flipped = (after == bitmap.flip(3)).all((1, 2, 3))
    assert ((after == bitmap).all((1, 2, 3)) | flipped).all()
    assert flipped.float().mean().item() == pytest.approx(0.3, abs=0.05)


def test_a_shift_moves_the_centre_by_a_share_of_the_side():
    after = changed(cross(2000, side=41), shift=0.05)
    columns = torch.arange(41.0)
    ink = after.sum((1, 2, 3))
    across = (after.sum((1, 2)) * columns).sum(1) / ink
    down = (after.sum((1, 3)) * columns).sum(1) / ink
    assert down.mean().item() == pytest.approx(20, abs=0.2)
    assert down.std().item() == pytest.approx(0.05 * 41, rel=0.1)
    assert across.std().item() == pytest.approx(0.05 * 41, rel=0.25)  # a few leave the picture


def test_a_rotation_tilts_the_line_by_its_angle():
    after = changed(cross(500, side=41)[:, :, :, :], rotate_deg=10)
    place = torch.arange(41.0) - 20
    x, y = place.expand(41, 41), place[:, None].expand(41, 41)
    weight = after[:, 0] / after.sum((1, 2, 3))[:, None, None]
    slope = torch.atan2((weight * y).sum((1, 2)), (weight * x).sum((1, 2))).rad2deg()
    assert slope.std().item() == pytest.approx(10, rel=0.1)


def test_a_picture_that_is_not_square_is_rotated_in_pixels():
    wide = torch.zeros(1, 1, 11, 41)
    wide[0, 0, 5, 10:31] = 255
    after = changed(wide, rotate_deg=8)
    length = (after > 60).any(2).sum().item()
    assert length == pytest.approx(21, abs=2)


def test_scale_and_shear_keep_the_middle():
    dot = torch.zeros(50, 1, 15, 15)
    dot[:, 0, 7, 7] = 255
    after = changed(dot, scale=0.2, shear=0.2)
    assert (after.flatten(1).argmax(1) == 7 * 15 + 7).all()


def test_the_same_seed_changes_alike_and_what_comes_in_is_paper():
    settings = {"rotate_deg": 10.0, "shear": 0.1, "scale": 0.1, "shift": 0.1, "mirror": 0.5}
    first, again, other = (changed(cross(), seed=seed, **settings) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.isnan(first).any()
    assert first.min() >= 0
    assert first.max() <= 255.01
