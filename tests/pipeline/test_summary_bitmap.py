"""Figures of drawings of a few pixels, counted by hand."""

import math
import time

import numpy as np
import pytest

from pipeline.sources import bitmaps
from pipeline.summary import bitmap


def figures(*pictures: list[str]) -> dict[str, np.ndarray]:
    """Measures pictures of rows of characters: # is ink, + half of it, anything else paper."""
    grey = np.array([[[{"#": 255, "+": 128}.get(c, 0) for c in row] for row in picture] for picture in pictures])
    return of(grey.astype(np.uint8))


def of(pictures: np.ndarray) -> dict[str, np.ndarray]:
    number = np.arange(len(pictures))
    names = np.array([f"d{n}" for n in number], dtype=object)
    return bitmap.figures(
        bitmaps.samples(
            pictures, target=number * 0, group=names, ids=names, class_names=("a",), provenance={"source": "test"}
        )
    )


BAR = [
    "..........",
    ".########.",
    "..........",
    "..........",
    "..........",
]
RING = [
    "......",
    ".####.",
    ".#..#.",
    ".####.",
    "......",
]


def test_a_bar():
    found = {name: values[0] for name, values in figures(BAR).items()}
    assert found["ink_share"] == pytest.approx(8 / 50)
    assert found["darkness"] == 1
    assert found["centre_x"] == pytest.approx(0.5)
    assert found["centre_y"] == pytest.approx(0.3)
    assert found["width"] == pytest.approx(0.8)
    assert found["height"] == pytest.approx(0.2)
    assert found["spread"] == pytest.approx(math.sqrt((8**2 - 1) / 12) / 5)
    assert found["pieces"] == 1
    assert found["enclosed"] == 0
    assert found["symmetry"] == 1
    assert found["edge_share"] == 0


def test_a_ring_encloses_paper_and_no_corner_leaks():
    leaky = [
        "......",
        "..##..",
        ".#..#.",
        "..##..",
        "......",
    ]
    assert figures(RING, leaky)["enclosed"].tolist() == [1, 1]
    assert figures(RING, leaky)["pieces"].tolist() == [1, 1]  # ink touches at corners


def test_pieces_are_counted_in_each_picture_by_itself():
    two = ["#....#", "......", "......", "......", "......"]
    blank = ["......"] * 5
    assert figures(two, blank, RING, two)["pieces"].tolist() == [2, 0, 1, 2]


def test_what_lies_on_the_border_is_told():
    assert figures(["##", ".."])["edge_share"].tolist() == [1]
    corner = ["#....", ".....", "..#..", ".....", "....."]
    assert figures(corner)["edge_share"].tolist() == [0.5]


def test_an_l_is_less_symmetric_than_a_t():
    tee = [".....", ".###.", "..#..", "..#..", "....."]
    ell = [".....", ".#...", ".#...", ".###.", "....."]
    assert figures(tee)["symmetry"].tolist() == [1]
    assert figures(ell)["symmetry"][0] == pytest.approx(1 - 4 / 10)  # 2 above the corner have no other side


def test_grey_is_less_dark():
    assert figures(["....", ".++.", "...."])["darkness"][0] == pytest.approx(128 / 255)


@pytest.mark.parametrize("width", [1.0, 2.0, 3.0])
def test_the_width_of_lines_is_found(width: float):
    from pipeline.sources import ink

    line = ink.draw(np.array([[10.0, 31.5, 54.0, 31.5]]), np.array([0]), count=1, size=64, width=np.array([width]))
    found = of(line)
    assert found["stroke_width"][0] * 64 == pytest.approx(width, rel=0.1)
    assert found["line_length"][0] * 64 == pytest.approx(44 + math.pi / 2 * width, rel=0.05)  # half round its ends


def test_nothing_drawn_has_no_place_but_a_share():
    found = {name: values[0] for name, values in figures(["...", "...", "..."]).items()}
    assert (found["ink_share"], found["pieces"], found["enclosed"]) == (0, 0, 0)
    for name in set(found) - {"ink_share", "pieces", "enclosed"}:
        assert math.isnan(found[name]), name


def test_figures_do_not_depend_on_who_is_measured_together(monkeypatch: pytest.MonkeyPatch):
    pictures = (np.random.default_rng(0).random((7, 9, 9)) > 0.6).astype(np.uint8) * 255
    together = of(pictures)
    monkeypatch.setattr(bitmap, "AT_ONCE", 2)
    for name, values in of(pictures).items():
        assert np.array_equal(values, together[name], equal_nan=True), name


def test_thousands_are_measured_in_a_second():
    pictures = (np.random.default_rng(0).random((5000, 28, 28)) > 0.8).astype(np.uint8) * 255
    start = time.process_time()
    of(pictures)
    assert time.process_time() - start < 2
