"""Strokes to bitmaps, on pictures of a few pixels."""

import numpy as np
import pytest

from pipeline.sources import ink


def drawn(*segments: tuple[float, float, float, float], size: int = 5, width: float = 1.0) -> np.ndarray:
    owner = np.zeros(len(segments), np.int64)
    return ink.draw(np.array(segments).reshape(-1, 4), owner, count=1, size=size, width=np.array([width]))[0]


def test_a_level_line_through_the_middle_of_a_row_is_that_row():
    row = drawn((0.5, 2.5, 4.5, 2.5))
    assert row.tolist() == [[0] * 5, [0] * 5, [255] * 5, [0] * 5, [0] * 5]


def test_a_line_between_two_rows_is_half_in_each():
    assert drawn((0.5, 2.0, 4.5, 2.0)).tolist() == [[0] * 5, [128] * 5, [128] * 5, [0] * 5, [0] * 5]


def test_a_wide_pen_covers_its_neighbours():
    column = drawn((2.5, 0.5, 2.5, 4.5), width=2.0)
    assert column[2].tolist() == [0, 128, 255, 128, 0]


def test_a_pen_thinner_than_a_pixel_is_grey():
    assert drawn((0.5, 2.5, 4.5, 2.5), width=0.5)[2].tolist() == [128] * 5


def test_a_stroke_of_one_point_is_a_dot():
    assert np.argwhere(drawn((2.5, 2.5, 2.5, 2.5))).tolist() == [[2, 2]]


def test_what_leaves_the_picture_is_cut_off():
    assert drawn((-3.5, 0.5, 9.5, 0.5)).sum() == 5 * 255
    assert not drawn((-9.0, -9.0, -7.0, -9.0)).any()


def test_where_lines_cross_the_darkest_counts():
    crossed = drawn((0.5, 2.5, 4.5, 2.5), (2.5, 0.5, 2.5, 4.5))
    assert crossed[2, 2] == 255
    assert crossed.sum() == 9 * 255


def test_a_line_however_it_is_cut_is_the_same(monkeypatch: pytest.MonkeyPatch):
    whole = drawn((1.2, 1.7, 17.3, 12.9), size=20, width=1.6)
    monkeypatch.setattr(ink, "PIECES", 3)
    assert np.array_equal(drawn((1.2, 1.7, 17.3, 12.9), size=20, width=1.6), whole)
    halves = drawn((1.2, 1.7, 9.25, 7.3), (9.25, 7.3, 17.3, 12.9), size=20, width=1.6)
    assert np.abs(halves.astype(int) - whole).max() <= 1


def test_each_drawing_has_its_own_strokes_and_pen():
    segments = np.array([[0.5, 0.5, 2.5, 0.5], [0.5, 2.5, 2.5, 2.5]])
    both = ink.draw(segments, np.array([1, 0]), count=3, size=3, width=np.array([1.0, 2.0, 1.0]))
    assert both[0].tolist() == [[0, 0, 0], [0, 0, 0], [255, 255, 255]]
    assert both[1].tolist() == [[255, 255, 255], [128, 128, 128], [0, 0, 0]]
    assert not both[2].any()


def test_points_are_joined_stroke_by_stroke():
    points = np.arange(2 * 2 * 3 * 2, dtype=float).reshape(2, 2, 3, 2)
    found, owner = ink.segments(points, np.array([[True, False], [True, True]]))
    assert found[:2].tolist() == [[0, 1, 2, 3], [2, 3, 4, 5]]
    assert owner.tolist() == [0, 0, 1, 1, 1, 1]
