"""Whose hand it is: small scenes in a square picture, made by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.found import Frame, Hand, Pose
from pipeline.detect.hands import MEMORY, Row, Signer
from pipeline.skeleton import POSE, skeleton
from tests.factories import make_hand

HOLISTIC = skeleton("holistic")
LEFT, RIGHT = HOLISTIC.index("left_hand_wrist"), HOLISTIC.index("right_hand_wrist")


def hand(x: float, right: float, y: float = 0.6, size: float = 0.1) -> Hand:
    """Returns a hand whose wrist is at (x, y)."""
    points = make_hand(size=size)
    points += np.float32([x, y, 0]) - points[0]
    return Hand(points=points, world=points / 5, right=right)


def pose(left: tuple[float, float] = (0.7, 0.6), right: tuple[float, float] = (0.3, 0.6), visible: float = 0.9) -> Pose:
    """Returns a body that faces the camera, its shoulders 0.3 apart and its wrists there."""
    points = np.full((33, 3), 0.5, np.float32)
    places = {"left_shoulder": (0.65, 0.3), "right_shoulder": (0.35, 0.3), "left_wrist": left, "right_wrist": right}
    for name, place in places.items():
        points[POSE.index(name), :2] = place
    return Pose(points=points, world=points, visibility=np.full(33, visible, np.float32))


def sides(*frames: Frame, aspect: float = 1.0) -> list[tuple[float, float]]:
    """Returns where the left and the right wrist are in each frame; NaN where not seen."""
    signer = Signer(points="holistic", aspect=aspect)
    rows = [signer.row(frame) for frame in frames]
    return [(row.values[LEFT, 0].item(), row.values[RIGHT, 0].item()) for row in rows]


def both(left: float, right: float, *, swapped: bool = False, **options) -> Frame:
    found = (hand(left, 0.05), hand(right, 0.95))
    return Frame(hands=found[::-1] if swapped else found, **options)


def expect(found: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_handedness_alone() -> None:
    nan = float("nan")
    expect(sides(Frame(hands=(hand(0.4, 0.9),))), [(nan, 0.4)])
    expect(sides(Frame(hands=(hand(0.4, 0.1),))), [(0.4, nan)])
    expect(sides(Frame()), [(nan, nan)])


def test_the_order_of_the_hands_means_nothing() -> None:
    frames = [both(0.7, 0.3, swapped=swapped) for swapped in (False, True, True, False)]
    expect(sides(*frames), [(0.7, 0.3)] * 4)


def test_one_picture_that_mistakes_the_side_changes_nothing() -> None:
    wrong = Frame(hands=(hand(0.7, 0.95), hand(0.3, 0.05)))
    expect(sides(both(0.7, 0.3), both(0.7, 0.3), wrong, both(0.7, 0.3)), [(0.7, 0.3)] * 4)


def test_a_first_picture_that_is_wrong_is_outvoted() -> None:
    nan = float("nan")
    frames = [Frame(hands=(hand(0.4, right),)) for right in (0.1, 0.95, 0.95)]
    expect(sides(*frames), [(0.4, nan), (nan, 0.4), (nan, 0.4)])


def test_two_hands_called_right_are_told_apart_by_which_is_surer() -> None:
    expect(sides(Frame(hands=(hand(0.3, 0.97), hand(0.7, 0.6)))), [(0.7, 0.3)])


def test_the_poses_wrists_outvote_handedness() -> None:
    both_wrong = Frame(hands=(hand(0.7, 0.9), hand(0.3, 0.2)), pose=pose())
    expect(sides(both_wrong), [(0.7, 0.3)])


def test_a_pose_that_guesses_its_wrists_says_nothing() -> None:
    found = Frame(hands=(hand(0.7, 0.9), hand(0.3, 0.2)), pose=pose(visible=0.3))
    expect(sides(found), [(0.3, 0.7)])


def test_a_pose_far_from_the_only_hand_does_not_take_it_away() -> None:
    """Of a hand that fills the picture a pose is guessed anywhere."""
    found = Frame(hands=(hand(0.5, 0.9),), pose=pose(left=(0.9, 0.05), right=(0.1, 0.05)))
    expect(sides(found), [(float("nan"), 0.5)])


def test_somebody_elses_hand_is_left_out() -> None:
    body = pose(left=(0.55, 0.6), right=(0.45, 0.6))
    found = Frame(hands=(hand(0.95, 0.9, y=0.1), hand(0.56, 0.2)), pose=body)
    expect(sides(found), [(0.56, float("nan"))])


def test_a_hand_found_twice_is_one() -> None:
    found = Frame(hands=(hand(0.3, 0.9), hand(0.31, 0.3)))
    expect(sides(found), [(float("nan"), 0.3)])


def test_clasped_hands_are_two() -> None:
    expect(sides(both(0.55, 0.45)), [(0.55, 0.45)])


def test_hands_that_cross_keep_their_sides() -> None:
    """The detector says the sides the wrong way round for as long as they are crossed."""
    ways = np.linspace(0.3, 0.7, 9)
    frames = [
        Frame(hands=(hand(float(1 - x), 0.05, y=0.5), hand(float(x), 0.95, y=0.7)))
        if x < 0.5
        else Frame(hands=(hand(float(1 - x), 0.55, y=0.5), hand(float(x), 0.45, y=0.7)))
        for x in ways
    ]
    expect(sides(*frames), [(1 - x, x) for x in ways])


def test_hands_that_pass_each_other_between_two_pictures_keep_their_sides() -> None:
    before, after, wrong = both(0.55, 0.45), both(0.48, 0.52), Frame(hands=(hand(0.48, 0.6), hand(0.52, 0.4)))
    expect(sides(*[before] * 5, after, wrong)[-2:], [(0.48, 0.52)] * 2)


def test_what_was_said_long_ago_fades() -> None:
    frames = [Frame(hands=(hand(0.4, right),)) for right in (*[0.05] * 20, *[0.95] * 6)]
    left, right = sides(*frames)[-1]
    assert np.isnan(left)
    assert right == pytest.approx(0.4)


def test_a_hand_that_was_away_for_long_is_judged_anew() -> None:
    nan = float("nan")
    gone = [Frame()] * (MEMORY + 1)
    frames = [Frame(hands=(hand(0.4, 0.95),)), *gone, Frame(hands=(hand(0.4, 0.2),))]
    expect(sides(*frames)[-1:], [(0.4, nan)])
    expect(sides(frames[0], Frame(), frames[-1])[-1:], [(nan, 0.4)])


def test_distances_are_measured_in_a_square_picture() -> None:
    """In a picture three times as wide as high 0.1 of the width is three hands' lengths: another hand."""
    frames = [Frame(hands=(hand(0.4, 0.95),)), Frame(hands=(hand(0.5, 0.2),))]
    assert np.isnan(sides(*frames, aspect=1.0)[1][0])
    assert sides(*frames, aspect=3.0)[1][0] == pytest.approx(0.5)


def test_confidence_is_that_of_the_side_and_of_the_poses_points() -> None:
    row = Signer(points="holistic", aspect=1.0).row(both(0.7, 0.3, pose=pose(visible=0.8)))
    np.testing.assert_allclose(row.confidence, [0.95, 0.95, 0.8], atol=1e-6)
    np.testing.assert_allclose(row.values[HOLISTIC.part("pose")], pose().points)
    np.testing.assert_allclose(row.world[HOLISTIC.part("left_hand")], hand(0.7, 0.05).world)


def followed(*frames: Frame) -> list[Row]:
    signer = Signer(points="hand", aspect=1.0)
    return [signer.row(frame) for frame in frames]


def place(row: Row) -> NDArray[np.floating]:
    return row.values[0, 0]


def test_one_hand_is_followed_through_a_larger_one() -> None:
    alone = Frame(hands=(hand(0.4, 0.9),))
    other = Frame(hands=(hand(0.8, 0.1, size=0.2), hand(0.42, 0.9)))
    rows = followed(alone, other, other)
    np.testing.assert_allclose([place(row) for row in rows], [0.4, 0.42, 0.42], atol=1e-6)
    np.testing.assert_allclose([row.right for row in rows], 0.9)
    np.testing.assert_allclose([row.confidence[0] for row in rows], 0.9, atol=1e-6)


def test_of_two_hands_at_the_start_the_larger_is_taken() -> None:
    (row,) = followed(Frame(hands=(hand(0.3, 0.9, size=0.08), hand(0.7, 0.1, size=0.15))))
    assert place(row) == pytest.approx(0.7)
    assert row.confidence[0] == pytest.approx(0.9)


def test_the_other_hand_does_not_step_in_until_the_first_is_forgotten() -> None:
    other = Frame(hands=(hand(0.8, 0.1),))
    rows = followed(Frame(hands=(hand(0.4, 0.9), hand(0.8, 0.1, size=0.05))), *[other] * (MEMORY + 2))
    places = [float(place(row)) for row in rows]
    assert places[0] == pytest.approx(0.4)
    assert np.isnan(places[1 : MEMORY + 1]).all()
    np.testing.assert_allclose(places[MEMORY + 1 :], 0.8, atol=1e-6)


def test_a_hand_of_the_same_side_that_jumped_is_taken_at_once() -> None:
    rows = followed(Frame(hands=(hand(0.1, 0.9),)), Frame(hands=(hand(0.9, 0.9),)))
    assert place(rows[1]) == pytest.approx(0.9)


def test_nothing_seen_is_nan() -> None:
    (row,) = followed(Frame())
    assert np.isnan(row.values).all()
    assert np.isnan(row.world).all()
    assert np.isnan(row.confidence).all()
    assert np.isnan(row.right)
