"""Recordings in a table or in WLASL's index: parts of files, signers, what is absent, and what is wrong by row."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.params import Images, Videos
from pipeline.samples import Samples
from tests.pipeline.sources.standin import FPS, Told, write


def read(path: Path, told: Told | None = None, **options) -> Samples:
    return (told or Told()).read(Videos(source="videos", path=str(path), **({"index": "list.csv"} | options)))


def listed(folder: Path, *rows: dict[str, Any]) -> None:
    pd.DataFrame(list(rows)).to_csv(folder / "list.csv", index=False)


def test_a_row_is_a_clip_or_a_part_of_one(tmp_path: Path):
    write(tmp_path / "mia.mp4", "hand 10 rest 5")
    write(tmp_path / "more" / "leo.mp4", "hand 4")
    listed(
        tmp_path,
        {"file": "mia.mp4", "label": "tea", "group": "mia", "start": 0.2, "end": 0.7},
        {"file": "mia.mp4", "label": "no", "group": "mia", "start": 0.7},
        {"file": "more/leo.mp4", "label": "NA", "group": 7},
    )
    samples = read(tmp_path)
    assert samples.id.tolist() == ["mia.mp4@0.2-0.7", "mia.mp4@0.7-", "more/leo.mp4"]
    assert samples.lengths.tolist() == [5, 8, 4]
    assert samples.class_names == ("NA", "no", "tea")
    assert samples.group.tolist() == ["mia", "mia", "7"]
    assert samples.provenance["copies"] == 0


def test_a_table_needs_no_groups_and_no_labels(tmp_path: Path):
    write(tmp_path / "files" / "1.mp4")
    (tmp_path / "lists").mkdir()
    pd.DataFrame({"file": ["1.mp4"]}).to_parquet(tmp_path / "lists" / "all.parquet")
    samples = read(tmp_path, index="lists/all.parquet", files="files", labelled=False)
    assert (samples.class_names, samples.group.tolist()) == (("",), ["all"])


def test_photographs_come_from_a_table_too(tmp_path: Path):
    write(tmp_path / "1.jpg", "hand 1")
    listed(tmp_path, {"file": "1.jpg", "label": "A", "who": "mia"})
    data = Images(source="images", path=str(tmp_path), index="list.csv", group_column="who")
    assert Told().read(data).group.tolist() == ["mia"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "1.mp4", "label": "a"}], "has no column 'file'"),
        ([{"file": "1.mp4"}], "has no column 'label'.*labelled: false"),
        ([{"file": "", "label": "a"}, {"file": "1.mp4", "label": "a"}], "row 0, column 'file': expected a file's name"),
        ([{"file": "1.mp4", "label": "a", "start": -1}], "row 0, column 'start': expected seconds"),
        ([{"file": "1.mp4", "label": "a", "start": "soon"}], "row 0, column 'start': expected a number, got 'soon'"),
        ([{"file": "1.mp4", "label": "a", "start": 2, "end": 1}], "row 0, column 'end': expected more than `start`"),
        ([{"file": "1.mp4", "label": "a", "group": ""}, {"file": "2.mp4", "label": "a", "group": "x"}], "'group'"),
        ([{"file": "1.mp4", "label": "a"}] * 2, r"row 1: '1\.mp4' is in row 0 already"),
        ([{"file": "1.mp4", "label": ""}, {"file": "2.mp4", "label": " "}], "every label is empty"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_by_row(tmp_path: Path, rows: list[dict[str, Any]], message: str):
    write(tmp_path / "1.mp4")
    listed(tmp_path, *rows)
    with pytest.raises(InputError, match=message):
        read(tmp_path)


@pytest.mark.parametrize(
    ("index", "message"), [("none.csv", "does not exist"), ("list.txt", "expected .csv or .parquet")]
)
def test_an_index_that_is_none_is_named(tmp_path: Path, index: str, message: str):
    write(tmp_path / "list.txt")
    with pytest.raises(InputError, match=message):
        read(tmp_path, index=index)


def wlasl(folder: Path, *instances: dict[str, Any], gloss: str = "book") -> None:
    said = [{"gloss": gloss, "instances": list(instances)}, {"gloss": "gone", "instances": [{"video_id": "99"}]}]
    (folder / "WLASL_v0.3.json").write_text(json.dumps(said))


WLASL = {"index": "WLASL_v0.3.json", "files": "videos"}


def test_wlasls_index(tmp_path: Path):
    for name in ("00335", "00336"):
        write(tmp_path / "videos" / f"{name}.mp4", "hand 20")
    write(tmp_path / "videos" / "aBcDeFgHiJk.mkv", "hand 30")
    youtube = {"url": "https://www.youtube.com/watch?v=aBcDeFgHiJk", "fps": FPS}
    wlasl(
        tmp_path,
        {"video_id": "00335", "signer_id": 4, "split": "train", "frame_start": 1, "frame_end": -1, "fps": 25},
        {"video_id": "00336", "signer_id": 5, "split": "val", "frame_start": 3, "frame_end": 12, "fps": FPS},
        {"video_id": "00337", "signer_id": 4, "split": "test", "frame_start": 21, "frame_end": 25, **youtube},
        {"video_id": "00338", "signer_id": 4, "split": "train", "frame_start": 1, "frame_end": -1, "fps": 25},
    )
    told = Told()
    samples = read(tmp_path, told, **WLASL)
    assert samples.id.tolist() == ["00335", "00336", "00337"]
    assert samples.lengths.tolist() == [20, 10, 5]
    assert samples.group.tolist() == ["4", "5", "4"]
    assert samples.class_names == ("book",)
    assert samples.provenance["clips_left_out"] == {"absent": 2}
    assert told.why == {}
    whole = read(tmp_path, cut=False, group_column="split", **WLASL)
    assert whole.lengths.tolist() == [20, 20, 5]
    assert whole.group.tolist() == ["train", "val", "test"]


def test_an_index_of_which_nothing_is_there_is_said(tmp_path: Path):
    wlasl(tmp_path, {"video_id": "00335"})
    with pytest.raises(InputError, match=r"data\.files: '.*videos' cannot be read: No such file"):
        read(tmp_path, **WLASL)
    (tmp_path / "videos").mkdir()
    with pytest.raises(InputError, match=r"none of the 2 files that 'WLASL_v0\.3\.json' lists is there.*data\.files"):
        read(tmp_path, **WLASL)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"gloss": "book"}', "expected WLASL's index, a list of {gloss, instances}, got dict"),
        ('[{"gloss": "book"}]', "entry 0: expected `gloss` and `instances`, got gloss"),
        ('[{"gloss": "book", "instances": [{"signer_id": 1}]}]', "book: expected an instance with `video_id`"),
        ('[{"gloss": "book", "instances": [{"video_id": "1", "frame_end": "end"}]}]', "1: expected numbers of frames"),
        ("[", "is not readable JSON"),
    ],
)
def test_what_is_wrong_in_an_index_is_named(tmp_path: Path, content: str, message: str):
    write(tmp_path / "WLASL_v0.3.json", content)
    with pytest.raises(InputError, match=message):
        read(tmp_path, index="WLASL_v0.3.json")
