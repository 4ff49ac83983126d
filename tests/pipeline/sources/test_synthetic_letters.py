"""The synthetic letters: the right clips, the same bytes, people who stay themselves, a table that explains itself."""

from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline.errors import InputError
from pipeline.params import SyntheticLetters
from pipeline.samples import Samples, check
from pipeline.skeleton import FINGERS, skeleton
from pipeline.sources import letter_table, synthetic_letters
from pipeline.sources.kinematic_hand import JOINTS

TABLE = Path(SyntheticLetters(source="synthetic_letters").path)


def make(**settings: object) -> Samples:
    return synthetic_letters.read(
        SyntheticLetters.model_validate(
            {"source": "synthetic_letters", "num_signers": 3, "clips_per_letter": 2} | settings
        )
    )


def table_with(tmp_path: Path, change) -> str:
    """Writes the table with one change made to it, and returns its path."""
    raw = YAML(typ="safe").load(TABLE.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "table.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(raw, file)
    return str(path)


def lengths(samples: Samples) -> np.ndarray:
    """Every bone's length in every frame, in picture widths: aspect undone on x and z."""
    factor = np.ones((len(samples.values), 1, 3))
    factor[..., [0, 2]] = np.repeat(samples.aspect, samples.lengths)[:, None, None]
    chains = np.array([skeleton("hand").indices(*chain) for chain in FINGERS.values()])
    return np.linalg.norm(np.diff((samples.values * factor)[:, chains], axis=2), axis=-1)


def travel(samples: Samples, letter: str, point: str) -> float:
    """How far one point moves from frame to frame, summed over a clip, in hand sizes; mean over the letter's clips."""
    clips = samples.values.reshape(len(samples), -1, 21, 3)[samples.target == samples.class_names.index(letter)]
    size = np.nanmean(np.linalg.norm(clips[:, :, 9, :2] - clips[:, :, 0, :2], axis=-1), axis=1)
    steps = np.linalg.norm(np.diff(clips[:, :, skeleton("hand").index(point), :2], axis=1), axis=-1)
    return float((np.nansum(steps, axis=1) / size).mean())


def test_all_letters_are_there_as_often_as_asked():
    samples = make()
    check(samples)
    assert samples.class_names == tuple(ascii_uppercase)
    assert np.bincount(samples.target).tolist() == [6] * 26
    assert len(samples) == 3 * 26 * 2
    assert samples.values.shape == (len(samples) * 16, 21, 3)
    assert samples.values.dtype == np.float32
    assert samples.lengths.tolist() == [16] * len(samples)
    assert sorted(set(samples.group)) == ["signer_0000", "signer_0001", "signer_0002"]
    assert samples.id[:3].tolist() == ["signer_0000/A/0", "signer_0000/A/1", "signer_0000/B/0"]
    assert samples.provenance["synthetic"] is True
    assert set(samples.fps) == {15}


def test_classes_are_taken_in_the_order_given():
    samples = make(classes=("Z", "A"), frames=1)
    assert samples.class_names == ("Z", "A")
    assert samples.id[0] == "signer_0000/Z/0"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    once, again, other = (make(num_signers=1, seed=seed).values.tobytes() for seed in (0, 0, 1))
    assert once == again
    assert once != other


def test_a_signer_does_not_depend_on_how_many_there_are():
    few, many = (make(num_signers=k, clips_per_letter=1, frames=4) for k in (2, 4))
    assert many.values[: len(few.values)].tobytes() == few.values.tobytes()
    assert many.handedness[: len(few)].tolist() == few.handedness.tolist()


def test_signers_differ():
    samples = make(difficulty=0)
    first, second = (lengths(samples)[samples.offsets[:-1]][samples.group == f"signer_000{k}"] for k in (0, 1))
    assert np.abs(first.mean(axis=0) - second.mean(axis=0)).max() > 0.001


def test_about_an_eighth_are_left_handed():
    samples = make(num_signers=300, clips_per_letter=1, classes=("A",), frames=1)
    assert 0.07 < 1 - samples.handedness.mean() < 0.18


@pytest.mark.parametrize(("moving", "still"), [("J", "I"), ("Z", "D")])
def test_j_and_z_move_more_than_i_and_d(moving, still):
    samples = make(num_signers=12, classes=(moving, still))
    assert travel(samples, moving, "wrist") > 1.5 * travel(samples, still, "wrist")


def test_still_letters_are_not_quite_still():
    assert travel(make(classes=("A",)), "A", "wrist") > 0.05
    assert travel(make(classes=("A",), difficulty=0), "A", "wrist") < 1e-6


def test_a_perfect_hand_is_seen_whole_and_keeps_its_bones_along_a_clip():
    samples = make(difficulty=0, classes=("A", "L", "R"))
    assert samples.seen.all()
    found = lengths(samples).reshape(len(samples), 16, 5, 3)
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :1], found.shape), rtol=1e-3, atol=1e-5)


def test_harder_data_has_misses_but_no_clip_without_a_frame():
    samples = make(difficulty=3, num_signers=6)
    whole = samples.seen.all(axis=1).reshape(len(samples), -1)
    assert not samples.seen.all()
    assert whole.any(axis=1).all()
    assert np.isfinite(samples.values[samples.seen]).all()


def test_the_left_hand_is_the_right_hands_mirror_image(monkeypatch):
    def hands(left_handed: float) -> Samples:
        monkeypatch.setattr(synthetic_letters, "LEFT_HANDED", left_handed)
        return make(difficulty=0, num_signers=2)

    right, left = hands(0.0), hands(1.0)
    assert set(right.handedness) == {1}
    assert set(left.handedness) == {0}
    np.testing.assert_allclose(left.values * [-1, 1, 1] + [1, 0, 0], right.values, atol=1e-5)


def test_depth_is_from_the_wrist_and_b_points_up():
    samples = make(difficulty=0, classes=("B",))
    wrist, tip = samples.values[:, 0], samples.values[:, skeleton("hand").index("middle_tip")]
    np.testing.assert_array_equal(wrist[:, 2], 0)
    assert (tip[:, 1] < wrist[:, 1]).all()
    assert (samples.values[..., :2] > 0).all()
    assert (samples.values[..., :2] < 1).all()


def test_the_table_holds_the_shapes_that_define_the_letters():
    table = letter_table.read(TABLE)
    angle = {letter: dict(zip(JOINTS, shape.angles[0], strict=True)) for letter, shape in table.items()}
    straight = {letter: {f for f in FINGERS if f != "thumb" and angle[letter][f"{f}_pip"] < 30} for letter in table}
    assert straight["B"] == {"index", "middle", "ring", "pinky"}
    assert straight["W"] == {"index", "middle", "ring"}
    assert straight["F"] == {"middle", "ring", "pinky"}
    assert all(straight[letter] == {"index", "middle"} for letter in "HKPRUV")
    assert all(straight[letter] == {"index"} for letter in "DGLQZ")
    assert all(straight[letter] == {"pinky"} for letter in "IJY")
    assert all(straight[letter] == set() for letter in "AEMNST")
    assert angle["V"]["index_abduct"] > angle["U"]["index_abduct"] > angle["R"]["index_abduct"]
    np.testing.assert_array_equal(table["J"].angles, table["I"].angles)
    np.testing.assert_array_equal(table["Z"].angles, table["D"].angles)
    assert [letter for letter, shape in table.items() if len(shape.path) > 1] == ["J", "Z"]


def test_a_missing_letter_is_named(tmp_path):
    with pytest.raises(InputError, match="letter 'Q' is missing"):
        make(path=table_with(tmp_path, lambda raw: raw.pop("Q")))


def test_an_unknown_joint_is_named_with_the_valid_ones(tmp_path):
    with pytest.raises(InputError, match=r"letter 'L', thumb: unknown joint 'pip'. Valid: spread, palmar"):
        make(path=table_with(tmp_path, lambda raw: raw["L"]["thumb"].update(pip=3)))


@pytest.mark.parametrize("value", [170, "straight", True, None])
def test_an_impossible_angle_is_named_with_its_range(tmp_path, value):
    with pytest.raises(InputError, match=r"letter 'V'.*joint 'index_pip': expected -10 to 120, got"):
        make(path=table_with(tmp_path, lambda raw: raw["V"]["index"].update(pip=value)))


def test_a_mistake_in_a_variant_says_which(tmp_path):
    with pytest.raises(
        InputError, match=r"letter 'D', variant 2, ring: joint 'ring_mcp': expected -30 to 100, got 999"
    ):
        make(path=table_with(tmp_path, lambda raw: raw["D"]["variants"][1]["ring"].update(mcp=999)))


def test_a_path_must_go_forward(tmp_path):
    with pytest.raises(InputError, match=r"letter 'J': `at` must grow"):
        make(path=table_with(tmp_path, lambda raw: raw["J"]["path"][1].update(at=0.0)))


@pytest.mark.parametrize(
    ("text", "message"), [("A: [1", "not valid YAML"), ("- A", "expected a mapping of letters"), ("", "got NoneType")]
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    path = tmp_path / "table.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        make(path=str(path))


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        make(path=str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("classes", [("A", "AA"), ("A", "A")])
def test_classes_that_the_table_does_not_have_are_refused(classes):
    with pytest.raises(InputError, match=r"data.classes: expected different letters"):
        make(classes=classes)
