"""Google's isolated-sign corpus, written small: what is read of it, and what each mistake is answered with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import samples as store
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from tests.bodies import HOLISTIC, LEFT, RIGHT, make_clip

ISLR = Path(__file__).parents[3] / ".." / "shared" / "data" / "islr"


def read(path: Path, **options) -> store.Samples:
    return sources.read(LandmarkClips(source="landmark_clips", path=str(path), **options))


def rows(clip: np.ndarray, first: int = 20) -> pd.DataFrame:
    """A clip as the corpus has it: 543 rows a frame, in the corpus' order of parts."""
    frames = []
    for number, body in enumerate(clip, first):
        for kind, points in (
            ("face", np.full((468, 3), 0.4)),
            ("left_hand", body[LEFT]),
            ("pose", body[HOLISTIC.part("pose")]),
            ("right_hand", body[RIGHT]),
        ):
            frame = pd.DataFrame(points.astype(np.float64), columns=list("xyz"))
            index = np.arange(len(points), dtype=np.int16)
            ids = [f"{number}-{kind}-{i}" for i in index]
            frames.append(frame.assign(frame=np.int16(number), row_id=ids, type=kind, landmark_index=index))
    return pd.concat(frames, ignore_index=True)


def corpus(folder: Path, clips: list[tuple[str, str, str]], **columns) -> Path:
    """Writes train.csv of (participant, sequence, sign), and a file of two frames for each."""
    table = pd.DataFrame(clips, columns=["participant_id", "sequence_id", "sign"])
    table["path"] = [f"train_landmark_files/{person}/{number}.parquet" for person, number, _ in clips]
    for path in table["path"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        rows(make_clip(2)).to_parquet(folder / path, index=False)
    table.assign(**columns).to_csv(folder / "train.csv", index=False)
    return folder


def refused(path: Path, message: str, **options) -> None:
    with pytest.raises(InputError, match=message):
        read(path, **options)


def test_signs_by_participant(tmp_path: Path):
    samples = read(corpus(tmp_path, [("9", "100", "tea"), ("7", "101", "NA"), ("9", "102", "tea")]), aspect=0.75)
    store.check(samples)
    assert samples.class_names == ("NA", "tea")
    assert samples.target.tolist() == [1, 0, 1]
    assert samples.group.tolist() == ["9", "7", "9"]
    assert samples.id.tolist() == ["9/100", "7/101", "9/102"]
    assert set(samples.aspect) == {0.75}
    assert np.isnan(samples.fps).all()
    np.testing.assert_array_equal(samples.clip(1), make_clip(2))


def test_nan_is_not_seen_and_frames_are_in_order(tmp_path: Path):
    clip = make_clip(3, right=0.01)
    clip[1] = np.nan
    clip[0, LEFT] = np.nan
    rows(clip).sample(frac=1, random_state=0).to_parquet(tmp_path / "1.parquet")
    np.testing.assert_array_equal(read(tmp_path / "1.parquet", labelled=False).clip(0), clip)


def test_what_is_left_out_is_not_opened(tmp_path: Path):
    clips = [("1", str(i), sign) for i, sign in enumerate(["tea", "no", "tea", "tea", "no"])]
    corpus(tmp_path, clips)
    for name in ("1", "2", "4"):
        (tmp_path / "train_landmark_files" / "1" / f"{name}.parquet").unlink()
    assert read(tmp_path, classes=("tea",), max_per_class=2).id.tolist() == ["1/0", "1/3"]
    refused(tmp_path, r"1\.parquet' does not exist\. Copy it there, or take its row out of train\.csv")


def test_a_folder_without_labels(tmp_path: Path):
    for name in ("10", "2"):
        rows(make_clip(2)).to_parquet(tmp_path / f"{name}.parquet")
    refused(tmp_path, r"expected a folder with train\.csv.*data\.labelled: false")
    assert read(tmp_path, labelled=False).id.tolist() == ["2", "10"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="z"), r"1\.parquet' has no column 'z'\. Expected 'frame', 'type'"),
        (lambda t: t.assign(type=t["type"].replace("pose", "torso")), "column 'type': expected .*'face', got 'torso'"),
        (
            lambda t: t.assign(landmark_index=t["landmark_index"] + 1),
            "row 488: expected landmark_index from 0 to 20 of",
        ),
        (lambda t: pd.concat([t, t]), r"left_hand_wrist occurs 2 times in frame 0, expected once"),
        (lambda t: t[:0], "has no frames"),
    ],
)
def test_mistakes_in_a_clip(tmp_path: Path, change, message: str):
    change(rows(make_clip(2))).to_parquet(tmp_path / "1.parquet")
    refused(tmp_path / "1.parquet", message, labelled=False)


def test_mistakes_in_a_file(tmp_path: Path):
    corpus(tmp_path, [("1", "1", "tea")])
    file = tmp_path / "train_landmark_files" / "1" / "1.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    refused(tmp_path, r"1\.parquet' is not a whole Parquet file")
    refused(tmp_path, "'no' does not occur in .* It has 'tea'", classes=("no",))
    (tmp_path / "train.csv").write_text("path,sign\na.parquet,tea\n")
    refused(tmp_path, r"train\.csv' has no column 'participant_id', 'sequence_id'")
    (tmp_path / "train.csv").write_text("path,participant_id,sequence_id,sign\na.parquet,1\n")
    refused(tmp_path, r"train\.csv' is not a whole, readable table: .*Expected 4 columns")
    (tmp_path / "train.csv").write_text("path,participant_id,sequence_id,sign\n")
    refused(tmp_path, "holds no clips")


@pytest.mark.data
def test_four_real_clips():
    if not ISLR.exists():
        pytest.skip(f"no real clips in {ISLR}")
    samples = read(ISLR, labelled=False)
    store.check(samples)
    assert samples.id.tolist() == ["100015657", "1000397667", "1002113535", "1004012212"]
    assert samples.lengths.tolist() == [105, 33, 6, 28]
    assert samples.seen[:, HOLISTIC.part("pose")].all()
    shown = [samples.seen[:, part].any(-1) for part in (LEFT, RIGHT)]
    assert not (shown[0] & shown[1]).any(), "every one of the four signs with one hand"
    refused(ISLR, r"expected a folder with train\.csv")
