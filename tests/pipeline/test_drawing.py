"""A drawn skeleton: what is seen and nothing else, each hand in its colour, the picture as it was elsewhere."""

import numpy as np
import pytest

from pipeline.drawing import (
    HEAVY,
    LARGEST,
    LEFT,
    PALE,
    PAPER,
    POSE,
    RIGHT,
    SMALLEST,
    UNKNOWN,
    closer,
    draw,
    shade,
    strokes,
    weighed,
)
from pipeline.errors import InputError
from pipeline.skeleton import skeleton
from tests.bodies import HOLISTIC, make_body, make_clip
from tests.factories import make_hand

NOTHING = np.full((21, 3), np.nan, np.float32)


def only(**places: tuple[float, float]) -> np.ndarray:
    """Returns a hand of which these points alone were seen."""
    hand = NOTHING.copy()
    for name, (x, y) in places.items():
        hand[skeleton("hand").index(name)] = x, y, 0
    return hand


@pytest.mark.parametrize(("handedness", "color"), [(1.0, RIGHT), (0.0, LEFT), (float("nan"), UNKNOWN)])
def test_a_point_is_drawn_where_it_lies(handedness: float, color: tuple[int, int, int]):
    drawn = draw(only(wrist=(0.25, 0.5)), "hand", height=100, aspect=2.0, handedness=handedness)
    assert drawn.shape == (100, 200, 3)
    assert tuple(drawn[50, 50]) == color
    assert tuple(drawn[50, 100]) == PAPER
    assert (drawn != 255).any(-1).sum() < 40


def test_a_bone_is_drawn_between_two_seen_points_only():
    both = draw(only(index_mcp=(0.2, 0.5), index_pip=(0.8, 0.5)), "hand", height=100, handedness=1.0)
    assert tuple(both[50, 50]) == RIGHT
    lone = draw(only(index_mcp=(0.2, 0.5), index_dip=(0.8, 0.5)), "hand", height=100, handedness=1.0)
    assert tuple(lone[50, 20]) == RIGHT
    rows, columns = np.nonzero((lone != 255).any(-1))
    assert set(rows) <= set(range(45, 56))
    assert set(columns) <= {*range(15, 26), *range(75, 86)}


def test_hands_of_a_body_have_their_own_colours():
    what = strokes(HOLISTIC)
    color = {column: color for column, color, _ in what.points}
    assert color[HOLISTIC.index("left_hand_wrist")] == LEFT
    assert color[HOLISTIC.index("right_hand_pinky_tip")] == RIGHT
    assert color[HOLISTIC.index("pose_left_wrist")] == POSE
    assert len(what.bones) == len(HOLISTIC.edges)
    drawn = {tuple(c) for c in draw(make_body(), "holistic", smooth=1).reshape(-1, 3)}
    assert drawn == {PAPER, LEFT, RIGHT, POSE}


def test_what_weighs_more_is_darker_larger_and_on_top():
    """A weight that is unknown is none; beyond the ends there are the ends."""
    hand = skeleton("hand")
    weights = np.zeros(21)
    weights[hand.indices("wrist", "index_tip", "thumb_tip", "pinky_tip")] = 0.5, 1.5, np.nan, -1.0
    what = weighed(hand, weights)
    assert [hand.points[column] for column, _, _ in what.points[-2:]] == ["wrist", "index_tip"]
    assert len({size for _, _, size in what.points}) == 3
    assert {color for _, color, _ in what.points[:-2]} == {PALE}
    drawn = draw(only(wrist=(0.25, 0.5), index_tip=(0.75, 0.5)), "hand", height=800, weights=weights)
    assert tuple(drawn[400, 200]) == shade(0.5)
    assert tuple(drawn[400, 600]) == shade(1.0) == HEAVY
    light, heavy = (int((half != 255).any(-1).sum()) for half in np.split(drawn, 2, axis=1))
    assert heavy / light == pytest.approx((LARGEST / ((SMALLEST + LARGEST) / 2)) ** 2, rel=0.05)


def test_the_largest_point_is_not_cut():
    drawn = draw(only(wrist=(0.5, 0.5)), "hand", height=400, weights=np.ones(21))
    rows, columns = np.nonzero((drawn != 255).any(-1))
    assert np.ptp(rows) == np.ptp(columns)
    assert len(rows) == pytest.approx(np.pi / 4 * (np.ptp(rows) + 1) ** 2, rel=0.1)  # a disc, and no square


def test_a_picture_is_drawn_on_and_left_as_it_was():
    picture = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    before = picture.copy()
    drawn = draw(only(wrist=(0.5, 0.5)), "hand", picture, handedness=0.0)
    np.testing.assert_array_equal(picture, before)
    assert tuple(drawn[60, 80]) == LEFT
    np.testing.assert_array_equal(drawn[:40], picture[:40])
    np.testing.assert_array_equal(draw(NOTHING, "hand", picture), picture)


@pytest.mark.parametrize("far", [1e9, -1e9, np.inf, -np.inf])
def test_what_lies_far_outside_is_not_drawn(far: float):
    hand = make_hand()
    hand[8] = far
    expected = make_hand()
    expected[8] = np.nan
    np.testing.assert_array_equal(draw(hand, "hand"), draw(expected, "hand"))


def test_what_lies_just_outside_is_cut_at_the_border():
    drawn = draw(only(index_mcp=(0.5, 0.5), index_pip=(1.5, 0.5)), "hand", height=100, handedness=1.0)
    assert tuple(drawn[50, 99]) == RIGHT
    assert (draw(make_hand() + 2.0, "hand") == 255).all()


def test_closer_keeps_shapes_and_fills_a_square():
    clip = make_clip(3, right=0.02)
    wide = clip * np.float32([0.5, 1, 1])  # the same body in a picture twice as wide
    for values, aspect in ((clip, 1.0), (wide, 2.0)):
        moved, now = closer(values, aspect)
        assert now == 1.0
        seen = moved[..., :2].reshape(-1, 2)
        np.testing.assert_allclose((seen.min(0) + seen.max(0)) / 2, 0.5, atol=1e-6)
        assert np.ptp(seen, axis=0).max() == pytest.approx(1 / 1.2, abs=1e-6)
    np.testing.assert_allclose(closer(wide, 2.0)[0][..., :2], closer(clip, 1.0)[0][..., :2], atol=1e-6)
    blank = np.full((2, 21, 3), np.nan)
    assert closer(blank, 1.5)[1] == 1.5


@pytest.mark.parametrize(
    ("points", "picture", "said"),
    [
        (NOTHING[:20], None, r"expected one frame of 21 points .*got \[20, 3\]"),
        (NOTHING[None], None, r"got \[1, 21, 3\]"),
        (NOTHING, np.zeros((4, 4), np.uint8), r"expected a picture \[H, W, 3\] of uint8"),
        (NOTHING, np.zeros((4, 4, 3)), "got .* of float64"),
    ],
)
def test_other_shapes_are_refused(points: np.ndarray, picture: np.ndarray | None, said: str):
    with pytest.raises(InputError, match=said):
        draw(points, "hand", picture)
