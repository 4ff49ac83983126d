"""An overlay over this repository's own params.yaml, and back."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flows import overlay
from pipeline import params
from pipeline.errors import InputError
from tests.flows.project import HERE

OWN = params.read(HERE / "params.yaml").track("letters")
EPOCHS = f"epochs: {OWN.train.epochs}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_bytes((HERE / "params.yaml").read_bytes())
    return path


def laid(file: Path, text: str) -> Path:
    path = file.with_name("overlay.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def kept(file: Path) -> Path:
    return file.with_name("kept.yaml")


def test_an_overlay_changes_its_keys_and_keeps_every_comment(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    shown = overlay.use(file, laid(file, "tracks: {letters: {train: {epochs: 7}}}"), kept(file))
    after = file.read_text(encoding="utf-8")
    assert [line for line in shown.splitlines() if line[0] in "+-"][2:] == [f"-      {EPOCHS}", "+      epochs: 7"]
    assert after == before.replace(EPOCHS, "epochs: 7")
    assert params.read(file).track("letters").train.epochs == 7


def test_the_example_is_valid_and_undo_gives_back_every_byte(file: Path) -> None:
    before = file.read_bytes()
    overlay.use(file, HERE / "examples/letters_tables.yaml", kept(file))
    assert params.read(file).track("letters").data.source == "landmark_table"
    assert "clips_per_letter" not in file.read_text(encoding="utf-8")
    overlay.use(file, laid(file, "tracking: none"), kept(file))
    overlay.undo(file, kept(file))
    assert file.read_bytes() == before
    assert not kept(file).exists()
    with pytest.raises(InputError, match="nothing to undo"):
        overlay.undo(file, kept(file))


@pytest.mark.parametrize("name", ["signs_words", "signs_islr"])
def test_the_examples_of_recorded_signs_are_valid(file: Path, name: str) -> None:
    overlay.use(file, HERE / f"examples/{name}.yaml", kept(file))
    assert params.read(file).track("signs").data.source == "landmark_clips"


def test_windows_line_ends_come_back(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    before = file.read_bytes()
    overlay.use(file, laid(file, "tracking: none"), kept(file))
    overlay.undo(file, kept(file))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tracks: {letters: {train: {epochs: 0, epoch: 3}}}", "tracks.letters.train.epochs"),
        ("tracks: {letters: {train: {epoch: 3}}}", "did you mean `epochs`"),
        ("tracks: {letters: {model: {name: trm}}}", "tracks.letters.model.name: unknown name 'trm'"),
        ("tracks: {letters: 3}", "tracks.letters"),
        ("- a list", "expected keys as in params.yaml, got CommentedSeq"),
        ("", "expected keys as in params.yaml, got NoneType"),
        ("a: [", "cannot be read"),
        ("a: 1\na: 2", "cannot be read"),
    ],
)
def test_an_overlay_that_is_not_valid_writes_nothing(file: Path, text: str, said: str) -> None:
    before = file.read_bytes()
    with pytest.raises(InputError, match=said):
        overlay.use(file, laid(file, text), kept(file))
    assert file.read_bytes() == before
    assert not kept(file).exists()


def test_a_missing_overlay_is_named(file: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        overlay.use(file, file.with_name("nowhere.yaml"), kept(file))


def test_an_overlay_of_nothing_new_keeps_nothing(file: Path) -> None:
    assert overlay.use(file, laid(file, "tracking: mlflow"), kept(file)) == ""
    assert not kept(file).exists()


def test_another_model_replaces_the_section_and_its_own_name_does_not(file: Path) -> None:
    overlay.use(
        file, laid(file, f"tracks: {{letters: {{model: {{name: {OWN.model.name}, dropout: 0.5}}}}}}"), kept(file)
    )
    assert params.read(file).track("letters").model.model_dump() == {
        **OWN.model.model_dump(),
        "dropout": 0.5,
    }
    overlay.use(file, laid(file, "tracks: {letters: {model: {name: linear}}}"), kept(file))
    assert YAML(typ="safe").load(file.read_text())["tracks"]["letters"]["model"] == {"name": "linear"}


def test_an_overlay_mends_a_section_that_has_no_name(file: Path) -> None:
    tree = "tracks: {letters: {data: {source: synthetic_letters}, model: {dropout: 0.1}}}"
    file.write_text(tree, encoding="utf-8")
    overlay.use(file, laid(file, "tracks: {letters: {model: {name: linear}}}"), kept(file))
    assert params.read(file).track("letters").model.name == "linear"


def test_with_reads_and_writes_nothing(file: Path) -> None:
    before = file.read_bytes()
    read = overlay.read_with(file, laid(file, "tracks: {letters: {train: {epochs: 7}}}"))
    assert read.track("letters").train.epochs == 7
    assert overlay.read_with(file, None).track("letters").train == OWN.train
    assert file.read_bytes() == before


def test_a_value_is_set_beside_its_comment(file: Path) -> None:
    overlay.set_value(file, ["tracks", "letters", "prepare", "test"], ["a", "b"])
    assert params.read(file).track("letters").prepare.test == ("a", "b")
    assert "# groups; `signloop split freeze letters` fills it" in file.read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"tracks\.letters\.prepare\.seed"):
        overlay.set_value(file, ["tracks", "letters", "prepare", "seed"], "x")
