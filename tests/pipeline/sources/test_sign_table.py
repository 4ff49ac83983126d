"""The table of signs: what it promises, how curves pass through its steps, and what each mistake is answered with."""

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline.errors import InputError
from pipeline.params import SyntheticSigns
from pipeline.sources import kinematic_hand, sign_table
from pipeline.sources.sign_table import CURVE, PARAMETERS

PATH = Path(SyntheticSigns(source="synthetic_signs").path)
TABLE = sign_table.read(PATH)


def reread(tmp_path: Path, change) -> sign_table.Table:
    """Reads the table with one change made to it."""
    raw = YAML(typ="safe").load(PATH.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "table.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(raw, file)
    return sign_table.read(path)


def curve(tmp_path: Path, **movement: object) -> np.ndarray:
    return reread(tmp_path, lambda raw: raw["movements"].update(new={"seconds": 1, **movement})).movements["new"].curve


def test_there_are_signs_enough_and_all_of_the_table_is_used():
    assert len(TABLE.signs) == 48
    held = [held for sign in TABLE.signs.values() for held in (sign.lead, sign.base) if held]
    assert {name for each in held for name in each.shape} == set(TABLE.shapes)
    assert {each.location for each in held} == set(TABLE.locations)
    assert {sign.movement for sign in TABLE.signs.values()} == set(TABLE.movements)
    assert {sign.hands for sign in TABLE.signs.values()} == set(sign_table.HANDS)


@pytest.mark.parametrize(("one", "two", "parameter"), TABLE.pairs)
def test_a_declared_pair_differs_in_exactly_this_parameter(one, two, parameter):
    assert sign_table.differences(TABLE.signs[one], TABLE.signs[two]) == [parameter]


def test_every_parameter_has_pairs_and_none_goes_undeclared():
    assert len(TABLE.pairs) >= 8
    assert {parameter for *_, parameter in TABLE.pairs} == set(PARAMETERS)
    assert {(frozenset(pair), parameter) for *pair, parameter in sign_table.minimal_pairs(TABLE)} == {
        (frozenset(pair), parameter) for *pair, parameter in TABLE.pairs
    }


def test_no_two_signs_are_the_same():
    signs = list(TABLE.signs.values())
    assert all(sign_table.differences(a, b) for i, a in enumerate(signs) for b in signs[:i])


def test_out_up_and_forward_become_the_frame_of_a_right_hand(tmp_path):
    table = reread(tmp_path, lambda raw: raw["locations"].update(chin={"out": 0.1, "up": 0.5, "forward": 0.7}))
    np.testing.assert_allclose(table.locations["chin"], [-0.1, -0.5, -0.7])
    x, y, z = curve(tmp_path, path=[{"at": 0}, {"at": 1, "out": 0.3, "up": 0.2, "forward": 0.1}])[-1, :3]
    np.testing.assert_allclose([x, y, z], [-0.3, -0.2, -0.1])


def test_an_orientation_is_two_unit_vectors_at_a_right_angle():
    offer = TABLE.signs["offer"].lead
    np.testing.assert_allclose(sign_table.direction(offer), [[0, 0, -1], [0, -1, 0]])
    for sign in TABLE.signs.values():
        fingers, palm = np.array(sign_table.direction(sign.lead))
        np.testing.assert_allclose([fingers @ fingers, palm @ palm, fingers @ palm], [1, 1, 0], atol=1e-12)


def test_a_curve_passes_through_its_steps(tmp_path):
    path = [{"at": 0, "up": 0.1}, {"at": 0.25, "turn": 40}, {"at": 0.5, "up": -0.3}, {"at": 1}]
    found = curve(tmp_path, path=path)
    up, turn = -found[:, CURVE.index("y")], found[:, CURVE.index("turn")]
    np.testing.assert_allclose(up[[0, 24, 48, 96]], [0.1, 0, -0.3, 0], atol=1e-12)
    np.testing.assert_allclose(turn[[0, 24, 48, 96]], [0, 40, 0, 0], atol=1e-12)


def test_a_circle_is_nearly_round_and_has_no_corner_where_it_closes():
    found = TABLE.movements["circle"].curve[:, :2]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 0.15, rtol=0.03)
    np.testing.assert_allclose(found[0], found[48], atol=1e-12)
    steps = np.diff(found, axis=0)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
    assert turns.max() < 2 * np.median(turns)


def test_every_handshape_is_within_the_hands_limits_and_no_two_are_near():
    shapes = np.stack(list(TABLE.shapes.values()))
    np.testing.assert_array_equal(shapes, kinematic_hand.clip_to_limits(shapes))
    hands = kinematic_hand.points(shapes)
    apart = np.linalg.norm(hands[:, None] - hands[None], axis=-1).max(axis=-1)
    assert (apart + np.eye(len(shapes)) > 0.2).all()


def rain(raw: dict) -> dict:
    return raw["signs"]["rain"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: rain(r).pop("shape"), r"sign 'rain': key 'shape': expected one of .*flat.*, got None"),
        (lambda r: rain(r).update(location="knee"), r"sign 'rain': key 'location': expected .*chin.*, got 'knee'"),
        (lambda r: rain(r).update(movement=3), r"sign 'rain': key 'movement': expected one of .*away.*, got 3"),
        (
            lambda r: rain(r).update(hands="two"),
            r"key 'hands': expected one of one, both, alternating, base, got 'two'",
        ),
        (lambda r: rain(r).update(palm="north"), r"key 'palm': expected words of out, in, up, .*, got 'north'"),
        (lambda r: rain(r).update(palm="forward up"), r"'palm': expected across the fingers \(forward up\)"),
        (lambda r: rain(r).update(speed=1), r"sign 'rain': unknown key 'speed'. Valid: shape, location"),
        (lambda r: rain(r).update(shape=["open", "fist"]), r"key 'shape': expected one name, got open, fist"),
        (lambda r: rain(r).update(movement="change"), r"'shape': expected two names, which .*, got open"),
        (lambda r: rain(r).update(hands="alternating"), r"'movement': expected one that closes, .*, got down"),
        (lambda r: rain(r).update(hands="base"), r"key 'base': expected with `hands: base`, and only there"),
        (lambda r: r["signs"]["print"]["base"].pop("palm"), r"sign 'print', base: key 'palm': .*, got None"),
        (
            lambda r: r["locations"]["chin"].update(up="high"),
            r"location 'chin': key 'up': expected -2.5 to 2, got 'high'",
        ),
        (lambda r: r["locations"]["chin"].update(left=1), r"location 'chin': unknown key 'left'"),
        (
            lambda r: r["shapes"]["flat"]["ring"].update(pip=999),
            r"handshape 'flat', ring: joint 'ring_pip': .*, got 999",
        ),
        (lambda r: r["movements"]["up"].update(seconds=0), r"movement 'up': key 'seconds': expected 0.1 to 5, got 0"),
        (lambda r: r["movements"]["up"].update(path=[{"at": 0}]), r"'path': expected a list of at least two steps"),
        (lambda r: r["movements"]["up"]["path"][1].update(at=0), r"'at': expected numbers that grow from 0 to 1"),
        (lambda r: r["movements"]["up"].update(repeat=2), r"'repeat': expected a path that ends where it begins"),
        (lambda r: r["pairs"]["shape"].append(["rain", "snow"]), r"expected to differ in shape only, got movement"),
        (lambda r: r["pairs"]["shape"].append(["rain", "sun"]), r"pairs, shape: key 'sign': expected .*, got 'sun'"),
        (lambda r: r["pairs"]["shape"].append("rain"), r"pairs, shape: expected two signs, got 'rain'"),
        (lambda r: r["pairs"].update(colour=[]), r"pairs: unknown key 'colour'. Valid: shape, location"),
        (lambda r: r.pop("signs"), r"signs: expected a mapping of at least one name, got None"),
        (lambda r: r.update(words={}), r"unknown key 'words'. Valid: shapes, locations"),
    ],
)
def test_a_mistake_is_named_with_what_was_expected(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as error:
        reread(tmp_path, change)
    assert "table.yaml" in str(error.value)


@pytest.mark.parametrize(("text", "message"), [("a: [1", "not valid YAML"), ("- a", "expected a mapping of shapes")])
def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    path = tmp_path / "table.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        sign_table.read(path)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        sign_table.read(tmp_path / "none.yaml")
