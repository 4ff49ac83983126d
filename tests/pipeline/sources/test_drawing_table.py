"""The table of strokes: the twenty things that it has, its kinds of strokes, and what it says of a mistake."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.params import SyntheticSketches
from pipeline.sources import drawing_table

TABLE = Path(SyntheticSketches(source="synthetic_sketches").path)
THINGS = (
    "apple sun tree house car cat fish star umbrella flower moon airplane bicycle clock eye cup shoe cloud lightning "
    "smiley_face"
)


def table(tmp_path: Path, strokes: str, more: str = "") -> dict[str, drawing_table.Thing]:
    path = tmp_path / "table.yaml"
    path.write_text(f"thing:\n  ways:\n    - - {strokes}\n{more}", encoding="utf-8")
    return drawing_table.read(path)


def points(tmp_path: Path, stroke: str) -> np.ndarray:
    return table(tmp_path, stroke)["thing"].ways[0].points


def test_it_has_the_twenty_things_within_their_box():
    things = drawing_table.read(TABLE)
    assert list(things) == THINGS.split()
    for thing in things.values():
        for way in thing.ways:
            assert way.points.shape == (len(way.chance), drawing_table.POINTS, 2)
            assert way.points.min() > -0.1
            assert way.points.max() < 1.1


def test_a_line_has_points_at_equal_distances(tmp_path: Path):
    (line,) = points(tmp_path, "{line: [[0, 0], [0, 1], [1, 1]]}")
    assert line[[0, 6, 12, 18, 24]].tolist() == [[0, 0], [0, 0.5], [0, 1], [0.5, 1], [1, 1]]


def test_a_closed_line_returns(tmp_path: Path):
    (line,) = points(tmp_path, "{line: [[0, 0], [1, 0], [1, 1]], closed: true}")
    assert line[-1].tolist() == [0, 0]


def test_a_curve_goes_through_its_points(tmp_path: Path):
    (curve,) = points(tmp_path, "{curve: [[0, 0], [0.5, 0.5], [1, 0]]}")
    assert curve[12] == pytest.approx([0.5, 0.5], abs=0.02)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 0]


def test_a_circle_is_as_far_from_its_middle_everywhere(tmp_path: Path):
    (circle,) = points(tmp_path, "{circle: [0.5, 0.4, 0.3, 0.3]}")
    assert np.hypot(*(circle - [0.5, 0.4]).T) == pytest.approx(0.3, abs=0.002)


def test_an_arc_runs_clockwise_from_the_right(tmp_path: Path):
    (arc,) = points(tmp_path, "{arc: [0, 0, 2, 1, 0, 90]}")
    assert arc[0] == pytest.approx([2, 0])
    assert arc[-1] == pytest.approx([0, 1])


def test_rays_are_a_stroke_each(tmp_path: Path):
    rays = points(tmp_path, "{rays: [0, 0, 1, 2, 4]}")
    assert len(rays) == 4
    assert rays[0][[0, -1]] == pytest.approx(np.array([[0, -1], [0, -2]]))
    assert rays[1][[0, -1]] == pytest.approx(np.array([[1, 0], [2, 0]]))


@pytest.mark.parametrize(
    ("stroke", "told"),
    [
        ("{squiggle: [0, 0]}", "thing, way 1, stroke 1: expected one of line, curve, circle, arc, rays"),
        ("{line: [[0, 0], [1, 1]], chance: 2}", "expected `chance` above 0 and at most 1, got 2"),
        ("{line: [0, 0]}", "`line` does not take"),
        ("{circle: [0, 0]}", "`circle` does not take"),
        ("{line: [[0, 0], [1, 1]], close: true}", "and perhaps `closed` and `chance`"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, stroke: str, told: str):
    with pytest.raises(InputError) as caught:
        table(tmp_path, stroke)
    assert told in str(caught.value)


def test_a_thing_without_ways_is_refused(tmp_path: Path):
    path = tmp_path / "table.yaml"
    path.write_text("thing: {way: []}", encoding="utf-8")
    with pytest.raises(InputError, match="thing: expected `ways`"):
        drawing_table.read(path)


def test_a_missing_table_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        drawing_table.read(tmp_path / "none.yaml")
