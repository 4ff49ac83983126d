"""Recordings in folders: labels, groups, names that are hard to read, and folders that lead nowhere or back."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import InputError
from pipeline.params import Images, Videos
from pipeline.samples import Samples
from tests.pipeline.sources.standin import Told, write


def videos(path: Path, **options) -> Samples:
    return Told().read(Videos(source="videos", path=str(path), **options))


def images(path: Path, **options) -> Samples:
    return Told().read(Images(source="images", path=str(path), **options))


def test_a_folder_a_label(tmp_path: Path):
    for name, text in (("tea/10.mp4", "hand 3"), ("tea/2.WEBM", "hand 1"), ("no/1.mov", "hand 2 rest 1")):
        write(tmp_path / name, text)
    write(tmp_path / "tea" / "notes.txt")
    write(tmp_path / "tea" / "._2.mp4")  # what a Mac leaves beside a file
    samples = videos(tmp_path)
    assert samples.class_names == ("no", "tea")
    assert samples.id.tolist() == ["no/1.mov", "tea/10.mp4", "tea/2.WEBM"]
    assert samples.target.tolist() == [0, 1, 1]
    assert samples.lengths.tolist() == [3, 3, 1]
    assert samples.form == "holistic"
    assert set(samples.group) == {tmp_path.name}
    assert (set(samples.fps), set(samples.aspect), set(samples.handedness)) == ({10.0}, {1.5}, {1.0})
    assert {name: values.shape for name, values in samples.rows.items()} == {"world": (7, 75, 3), "confidence": (7, 3)}


def test_a_folder_above_the_labels_is_the_signer(tmp_path: Path):
    for name in ("mia/tea/1.mp4", "leo/tea/1.mp4"):
        write(tmp_path / name)
    samples = videos(tmp_path, group_folder=True)
    assert samples.group.tolist() == ["leo", "mia"]
    assert samples.class_names == ("tea",)
    with pytest.raises(
        InputError, match=r"expected files under '.*' as LABEL/FILE, got 'leo/tea/1\.mp4'.*group_folder"
    ):
        videos(tmp_path)


def test_unlabelled_files_lie_anywhere(tmp_path: Path):
    for name in ("1.mp4", "deep/in/2.mp4", "mia/3.mp4"):
        write(tmp_path / name)
    samples = videos(tmp_path, labelled=False)
    assert samples.class_names == ("",)
    assert samples.id.tolist() == ["1.mp4", "deep/in/2.mp4", "mia/3.mp4"]
    assert videos(tmp_path / "1.mp4", labelled=False).id.tolist() == ["1.mp4"]
    with pytest.raises(ValidationError, match="labelled: false reads no labels"):
        videos(tmp_path, labelled=False, classes=("tea",))


def test_photographs_are_labelled_by_folder_or_by_name(tmp_path: Path):
    for name in ("A_000.jpg", "A_020_nodet.JPG", "B_1.png"):
        write(tmp_path / "flat" / name, "hand 1")
        write(tmp_path / "tree" / name[0] / name, "hand 1")
    flat, tree = images(tmp_path / "flat", label_from="name"), images(tmp_path / "tree")
    assert (flat.class_names, tree.class_names) == (("A", "B"), ("A", "B"))
    assert flat.target.tolist() == tree.target.tolist() == [0, 0, 1]
    assert flat.form == "hand"
    assert flat.rows["world"].shape == (3, 21, 3)


@pytest.mark.parametrize(
    "name", ["two words.mp4", "-rf.mp4", "zwölf 手.mp4", "line\nbreak.mp4", b"\xff\xfe.mp4", "x'\";$.mp4"]
)
def test_odd_names_are_names(tmp_path: Path, name: str | bytes):
    (tmp_path / "tea").mkdir()
    write(tmp_path / "tea" / os.fsdecode(name), "hand 1")
    (shown,) = videos(tmp_path).id
    assert shown.startswith("tea/")
    assert len(shown.splitlines()) == 1
    shown.encode()


def test_links_are_followed_unless_they_lead_back(tmp_path: Path):
    write(tmp_path / "elsewhere" / "1.mp4")
    (tmp_path / "set" / "tea").mkdir(parents=True)
    (tmp_path / "set" / "no").symlink_to(tmp_path / "elsewhere")
    write(tmp_path / "set" / "tea" / "2.mp4")
    (tmp_path / "set" / "tea" / "again").symlink_to(tmp_path / "set")
    assert videos(tmp_path / "set").id.tolist() == ["no/1.mp4", "tea/2.mp4"]


def test_nothing_there_is_said(tmp_path: Path):
    with pytest.raises(InputError, match=r"does not exist\. Give a folder of videos"):
        videos(tmp_path / "none")
    write(tmp_path / "tea" / "1.jpg")
    with pytest.raises(InputError, match=r"holds no videos: expected files that end in .*\.mp4"):
        videos(tmp_path)
    with pytest.raises(InputError, match="is one file and has no label"):
        images(tmp_path / "tea" / "1.jpg")
    table = write(tmp_path / "list.csv")
    with pytest.raises(InputError, match=r"expected a folder, got the file .*name the file in data\.index"):
        videos(table)


def test_classes_and_max_per_class_choose_before_anything_is_looked_at(tmp_path: Path):
    for label in ("no", "tea", "water"):
        for number in range(5):
            write(tmp_path / label / f"{number}.mp4", f"hand {number + 1}")
    told = Told()
    samples = told.read(Videos(source="videos", path=str(tmp_path), classes=("water", "no"), max_per_class=2))
    assert samples.class_names == ("water", "no")
    assert samples.id.tolist() == ["no/0.mp4", "no/4.mp4", "water/0.mp4", "water/4.mp4"]
    assert len(told.done) == 2  # of two contents
    assert samples.provenance["clips_left_out"] == {"above max_per_class": 6, "label not in classes": 5}
    with pytest.raises(InputError, match=r"data\.classes: 'Tea' does not occur.*It has no, tea, water"):
        videos(tmp_path, classes=("Tea",))
