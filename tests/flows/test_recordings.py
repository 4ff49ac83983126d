"""`signloop extract` and `predict` on what people have: folders, tables, single files; labels where they are known."""

from pathlib import Path

import numpy as np
import pytest

from flows.recordings import labels, scored, section
from pipeline.errors import InputError
from pipeline.params import Images, Videos
from tests.factories import make_samples


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_is_of_videos_or_of_photographs(tmp_path: Path) -> None:
    touch(tmp_path / "v/tea/1.mp4", tmp_path / "v/notes.txt", tmp_path / "i/A/1.JPG")
    videos = section(tmp_path / "v", detection={"points": None, "fps": 15.0}, group_folder=True, cut=None)
    assert isinstance(videos, Videos)
    assert (videos.path, videos.group_folder, videos.cut) == (str(tmp_path / "v"), True, True)
    assert (videos.detection.points, videos.detection.mode, videos.detection.fps) == ("holistic", "video", 15.0)
    images = section(tmp_path / "i", detection={})
    assert isinstance(images, Images)
    assert (images.detection.points, images.detection.mode, images.detection.num_hands) == ("hand", "image", 1)
    assert section(tmp_path / "i", detection={"points": "holistic"}).detection.num_hands == 2


def test_a_table_lies_in_the_folder_that_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "list.csv", tmp_path / "files/1.webm")
    data = section(tmp_path / "list.csv", detection={}, files="files")
    assert (data.path, data.index, data.files, data.labelled) == (str(tmp_path), "list.csv", "files", True)


def test_one_file_has_no_label(tmp_path: Path) -> None:
    touch(tmp_path / "1.mov")
    assert section(tmp_path / "1.mov", detection={}, labelled=True).labelled is False


def test_what_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    touch(tmp_path / "both/A/1.mp4", tmp_path / "both/A/1.jpg", tmp_path / "none/1.txt")
    with pytest.raises(InputError, match=r"expected videos or photographs, got both\. Say which: --source"):
        section(tmp_path / "both", detection={})
    assert isinstance(section(tmp_path / "both", kind="images", detection={}), Images)
    with pytest.raises(InputError, match="got neither"):
        section(tmp_path / "none", detection={})
    with pytest.raises(InputError, match="does not exist"):
        section(tmp_path / "nothing", detection={})
    with pytest.raises(InputError, match=r"read as videos: label_from: Extra inputs.*Leave that option out"):
        section(tmp_path / "both", kind="videos", detection={}, label_from="name")


def test_labels_are_those_of_the_store_the_folder_or_the_name(tmp_path: Path) -> None:
    made = make_samples(num_groups=1, clips=1, classes="ABC")
    assert labels(made, ("A", "C")) == ["A", "", "C"]
    ids = np.asarray(["A/1.jpg", "mia/B/C_2.jpg", "C_000_nodet.jpg"], object)
    unlabelled = {"id": ids, "target": np.zeros(3, np.int64), "class_names": ("",)}
    named = type(made)(**(vars(made) | unlabelled))
    assert labels(named, ("A", "B", "C")) == ["A", "B", "C"]
    assert labels(named, ("A",)) == ["A", "", ""]


def test_right_answers_are_counted_among_the_labelled() -> None:
    assert scored(["A", "B"], ["A", "A"], [True, True]) == "accuracy 0.500 of 2 labelled clips"
    said = scored(["A", "B", "", "A"], ["A", "-", "A", "A"], [True, False, True, True])
    assert "accuracy 0.667 of 3 labelled clips, 1.000 of the 2 in which a hand is seen; 1 more have no label" in said
