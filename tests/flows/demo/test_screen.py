"""What is written on a picture of 220 lines: a line of writing is 12 pixels high, the panel 96 wide and 54 high."""

import numpy as np
from numpy.typing import NDArray

from flows.demo.screen import BAR, HELD, Scene, View, compose
from pipeline.drawing import RIGHT
from pipeline.spelling import Spelled
from tests.factories import make_hand

HEIGHT, WIDTH, LINE = 220, 300, 12
PANEL = (slice(0, 54), slice(0, 96))
BETWEEN = slice(54, HEIGHT - 2 * LINE)  # the rows on which nothing is written
SPELLED = Spelled(ranked=(("A", 0.5), ("B", 0.25), ("C", 0.001)), held="A", progress=0.25, letters="HI", text="HI")


def picture() -> NDArray[np.uint8]:
    """A dark left half and a bright right one."""
    rgb = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    rgb[:, : WIDTH // 2] = 40
    return rgb


def scene(spelled: Spelled = SPELLED, *, x: float = 0.75, hand: bool = True) -> Scene:
    """A small hand with its wrist at x, between what is written."""
    values = (make_hand(size=0.15) - np.float32([0.5 - x, 0.15, 0])).astype(np.float32)
    return Scene(values=values, skeleton="hand", handedness=1.0, hand=hand, spelled=spelled, fps=14.6)


def columns_of(image: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.intp]:
    return np.flatnonzero((image[BETWEEN] == color).all(-1).any(0))


def test_the_picture_and_its_hand_are_turned_over_and_what_is_written_is_not():
    as_it_is, mirrored = (compose(picture(), scene(), View(mirror=mirror)) for mirror in (False, True))
    np.testing.assert_array_equal(mirrored[BETWEEN], as_it_is[BETWEEN, ::-1])
    assert columns_of(as_it_is, RIGHT).min() > WIDTH / 2 > columns_of(mirrored, RIGHT).max()
    for color in (BAR, HELD):
        at = (as_it_is[PANEL] == color).all(-1)
        assert at.any()
        np.testing.assert_array_equal((mirrored[PANEL] == color).all(-1), at)


def test_without_the_skeleton_the_picture_is_as_it_was():
    shown = compose(before := picture(), scene(), View(skeleton=False))
    np.testing.assert_array_equal(shown[BETWEEN], picture()[BETWEEN])
    np.testing.assert_array_equal(before, picture())


def test_bars_are_as_long_as_probabilities_and_as_the_time_that_a_letter_was_held():
    panel = compose(picture(), scene(), View())[PANEL]
    first, second, third = (panel[round((row + 0.3) * LINE) + 1] for row in (1, 2, 3))
    assert (first[47] == BAR).all()  # half of 96
    assert not (first[48] == BAR).all()
    assert (second[23] == BAR).all()
    assert not (second[24:] == BAR).all(-1).any()
    assert not (third == BAR).all(-1).any()  # it would be written as 0.00
    held = panel[round(2.2 * LINE) - 1]
    assert (held[:24] == HELD).all()
    assert not (held[24:] == HELD).all(-1).any()


def test_the_end_of_a_long_text_is_shown_and_a_long_name_stays_in_its_panel():
    long = "A VERY LONG TEXT THAT NO LINE OF THIS PICTURE WOULD HOLD FROM ITS BEGINNING " * 9
    shown = [compose(picture(), scene(Spelled(text=text)), View())[-2 * LINE :] for text in (long, "Z" + long)]
    np.testing.assert_array_equal(*shown)
    name = Spelled(ranked=(("A CLASS WITH A LONG NAME", 0.5),))
    np.testing.assert_array_equal(
        compose(picture(), scene(name), View())[:54, 96:], compose(picture(), scene(Spelled()), View())[:54, 96:]
    )


def test_it_says_that_there_is_no_hand():
    seen, lost = (compose(picture(), scene(hand=hand), View())[: LINE + 2, :96] for hand in (True, False))
    assert (lost != seen).any()


def test_the_smallest_pictures_are_drawn_too():
    for size in ((1, 1), (16, 16), (20, 400), (400, 20)):
        assert compose(np.zeros((*size, 3), np.uint8), scene(), View(mirror=True)).shape == (*size, 3)
