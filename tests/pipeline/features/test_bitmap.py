"""Bitmaps to pixels, on pictures of a few: scale, the centre of mass, what is paper, what is blank."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.features.bitmap import Preprocess


def picture(*ink: tuple[int, int], height: int = 6, width: int = 6) -> torch.Tensor:
    bitmap = torch.zeros(1, 1, height, width)
    for row, column in ink:
        bitmap[0, 0, row, column] = 255
    return bitmap


def centred(bitmap: torch.Tensor) -> torch.Tensor:
    return Preprocess("centred", (bitmap.shape[2], bitmap.shape[3]))(bitmap)[0]


def test_pixels_run_from_paper_to_ink():
    pixels, seen = Preprocess("plain", (1, 3))(torch.tensor([[[[0.0, 51.0, 255.0]]]]))
    assert pixels.flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert seen.tolist() == [[True]]


def test_the_centre_of_mass_comes_to_the_middle():
    corner = [(0, 0), (0, 1), (1, 0), (1, 1)]  # centre at 1 of 6, the middle at 3
    assert torch.equal(centred(picture(*corner)), picture((2, 2), (2, 3), (3, 2), (3, 3)) / 255)


def test_grey_weighs_less():
    bitmap = picture((2, 0), (2, 3))
    bitmap[0, 0, 2, 3] = 85  # a third: the centre is at 0.75 + 0.5, 1.75 left of the middle, two whole pixels
    assert centred(bitmap)[0, 0, 2].tolist() == pytest.approx([0, 0, 1, 0, 0, 1 / 3])


def test_what_is_moved_out_is_lost_and_what_comes_in_is_paper():
    pixels = centred(picture((2, 0), (3, 0), (2, 1), (3, 1), (2, 5)))  # the centre is at 1.9
    assert pixels.sum() == 4
    assert pixels[0, 0, :, 0].sum() == 0


def test_a_drawing_in_the_middle_stays():
    bitmap = picture((2, 2), (3, 3))
    assert torch.equal(centred(bitmap), bitmap / 255)


@given(st.integers(0, 7), st.integers(0, 5))
def test_where_a_drawing_stands_changes_nothing(down: int, across: int):
    shape = [(0, 0), (0, 1), (1, 1), (2, 1)]
    here = picture(*shape, height=10, width=7)
    there = picture(*((r + down, c + across) for r, c in shape), height=10, width=7)
    assert torch.equal(centred(here), centred(there))


def test_a_blank_bitmap_is_not_seen_and_stays_blank():
    pixels, seen = Preprocess("centred", (6, 6))(torch.cat([picture(), picture((1, 1))]))
    assert seen.tolist() == [[False], [True]]
    assert pixels[0].sum() == 0


def test_other_features_are_refused_with_the_valid_ones():
    with pytest.raises(InputError, match="Valid: centred, plain"):
        Preprocess("oriented", (6, 6))
