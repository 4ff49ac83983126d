"""`signloop show` and `signloop convert`: what a person reads, and the files that they get."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from flows.command import app
from flows.contents import chosen, contents
from pipeline import samples as store
from pipeline.errors import InputError
from tests.bodies import HOLISTIC, make_clip, signed
from tests.factories import make_samples


def run(*arguments: object) -> Result:
    answer = CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=False, env={"COLUMNS": "120"})
    assert answer.exit_code == 0, answer.output
    return answer


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    path = tmp_path / "letters.h5"
    store.write(path, make_samples(frames=(2, 4), fps=12.0, aspect=4 / 3, missing=0.1))
    return path


def test_contents_are_counted_by_class_group_and_clip():
    one, two = make_clip(4), make_clip(2)
    one[0, HOLISTIC.part("left_hand")] = np.nan
    samples = signed(one, two, one, target=[1, 0, 1], group=["s0", "s0", "s1"], class_names=("tea", "no", "unused"))
    found = contents(samples)
    assert found.classes.index.tolist() == ["tea", "no"]
    assert found.classes["clips"].tolist() == [1, 2]
    assert found.classes["groups"].tolist() == [1, 2]
    assert found.classes["frames"].tolist() == [2, 8]
    assert found.classes["left_hand"].tolist() == [1.0, 0.75]
    assert found.groups["left_hand"].tolist() == pytest.approx([5 / 6, 3 / 4])
    assert found.clips["left_hand"].tolist() == [0.75, 1.0, 0.75]
    assert found.facts["clips"] == "3 of 2 classes by 2 groups"
    assert found.facts["frames"] == "10; a clip 2 to 4, median 4"
    assert found.facts["frames a second"] == "unknown"


def test_an_unknown_id_names_its_neighbours():
    samples = make_samples()
    assert chosen(samples, ["s01/B2", "s00/A0"]).id.tolist() == ["s01/B2", "s00/A0"]
    with pytest.raises(InputError, match=r"no clip 's01/b2'\. The nearest of 36: .*'s01/B2'"):
        chosen(samples, ["s00/A0", "s01/b2"])


def test_show_says_what_is_in_a_store(letters: Path, tmp_path: Path):
    answer = run("show", letters, "-o", tmp_path / "sheet.png", "--most", 6)
    for text in ("hand, 21 points", "36 of 3 classes by 4 groups", "18 right, 18 left", "s00/A0", "and 28 more"):
        assert text in answer.stdout
    assert "6 of 36 clips" in answer.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
    assert "page.html: 3 of 36 clips" in run("show", letters, "-o", tmp_path / "page.html", "--most", 3).stderr
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count('"facts":') == 3
    assert "more; --all" not in run("show", letters, "--all").stdout


def test_show_lets_clips_move(letters: Path, tmp_path: Path):
    answer = run("show", letters, "s00/A0", "s01/C1", "-o", tmp_path / "clips.gif")
    assert "s01/C1" in answer.stdout
    with Image.open(tmp_path / "clips.gif") as gif:
        assert gif.n_frames == max(store.read(letters).lengths[[0, 16]])
    run("show", letters, "s00/A0", "-o", tmp_path / "clip.html", "--closer")
    assert '"aspect":1.0' in (tmp_path / "clip.html").read_text(encoding="utf-8")
    assert "lets them move" in run("show", letters, "s00/A0").stderr


def test_show_takes_whole_signers_and_other_files(tmp_path: Path):
    store.write(tmp_path / "signs.h5", signed(make_clip(3), make_clip(2, right=0.02), fps=25.0))
    answer = run("convert", tmp_path / "signs.h5", tmp_path / "signs")
    assert "2 clips, 5 frames" in answer.stdout
    assert answer.stderr == ""
    shown = run("show", tmp_path / "signs", "1", "-o", tmp_path / "clip.gif").stdout
    assert "100%" in shown
    with Image.open(tmp_path / "clip.gif") as gif:
        assert (gif.n_frames, gif.info["duration"]) == (2, 40)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), r"expected .png or .html, got '.gif'. Name a clip to animate it"),
        (("s00/A0",), r"expected .gif or .html, got '.png'. Leave the ids out for a contact sheet"),
    ],
)
def test_another_kind_of_picture_is_refused_before_anything_is_read(words: tuple[str, ...], said: str, tmp_path: Path):
    out = tmp_path / ("clip.gif" if not words else "clip.png")
    with pytest.raises(InputError, match=said):
        run("show", tmp_path / "none.h5", *words, "-o", out)


def test_convert_says_in_one_line_what_is_lost(letters: Path, tmp_path: Path):
    answer = run("convert", letters, tmp_path / "letters.csv")
    assert answer.stderr.splitlines() == ["not kept: provenance"]
    assert run("convert", tmp_path / "letters.csv", tmp_path / "again.h5", "--fps", 30).stderr == ""
    again, whole = store.read(tmp_path / "again.h5"), store.read(letters)
    np.testing.assert_array_equal(again.values, whole.values)
    assert set(again.fps) == {12.0}
