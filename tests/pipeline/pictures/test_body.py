"""A body under its weights: the frame that shows most of it, and the heaviest points of each hand."""

from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.drawing import HEAVY, PAPER
from pipeline.pictures import body
from pipeline.pictures.tiles import relative
from tests.bodies import HOLISTIC, make_clip, signed
from tests.factories import make_samples


def heavy(path: Path) -> np.ndarray:
    """Returns how many pixels of each panel have the colour of the heaviest."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    width = body.CELL + 8
    return np.array([(pixels[:, x : x + width] == HEAVY).all(-1).sum() for x in range(0, pixels.shape[1], width)])


def test_the_frame_that_shows_most_points_and_of_those_the_largest_hands():
    one, two = make_clip(2), make_clip(3)
    one[:, HOLISTIC.part("left_hand")] = np.nan
    two[:, HOLISTIC.index("pose_nose")] = np.nan
    assert body.plainest(signed(one, two)) == 2  # all frames of `two` show as much: the first
    two[2, HOLISTIC.part("right_hand")] += (two[2, HOLISTIC.part("right_hand")] - two[2, 21]) * np.float32(0.5)
    assert body.plainest(signed(one, two)) == 4
    assert body.plainest(signed(np.full((2, 75, 3), np.nan, np.float32))) == 0


def test_what_weighs_most_is_dark_in_the_whole_and_from_near(tmp_path: Path):
    weights = np.full(75, np.nan)
    weights[HOLISTIC.part("left_hand")] = 0.1
    weights[HOLISTIC.index("right_hand_index_tip")] = 0.4
    body.write(tmp_path / "b.png", signed(make_clip(1), aspect=4 / 3), weights, ["all", "left hand", "right hand"])
    whole, left, right = heavy(tmp_path / "b.png")
    assert whole > 20
    assert left == 0
    assert right > 20


def test_a_hand_alone_has_one_panel_and_weights_that_help_nobody_are_none(tmp_path: Path):
    samples = make_samples(num_groups=1, clips=1)
    for number, weights in enumerate((np.linspace(0, 1, 21), np.full(21, -0.5))):
        body.write(tmp_path / f"{number}.png", samples, weights, ["one"])
    assert [len(heavy(tmp_path / f"{number}.png")) for number in (0, 1)] == [1, 1]
    assert heavy(tmp_path / "0.png")[0] > 0 == heavy(tmp_path / "1.png")[0]
    with Image.open(tmp_path / "1.png") as picture:
        assert (np.asarray(picture) != PAPER).any()


def test_weights_are_shares_of_the_largest():
    assert relative(np.array([-1.0, 0.0, np.nan, 0.2, 0.4])).tolist() == [0, 0, 0, 0.5, 1]
    assert relative(np.array([-1.0, 0.0])).tolist() == [0, 0]
    assert relative(np.empty(0)).shape == (0,)
