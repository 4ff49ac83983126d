"""Corrected clips become a source that `extract` reads."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitoring.log import exporting, feedback, inputs
from monitoring.log.database import Database
from monitoring.log.entry import Entry
from pipeline import samples as store
from pipeline.contract import NO_HAND
from pipeline.errors import InputError, TransientError
from pipeline.extract import extract
from pipeline.files import sha256
from pipeline.form import form
from pipeline.params import LandmarkClips, LandmarkTable
from tests.monitoring.log.factories import NOON, make_entry, minutes, stored

NAMES = ("A", "S", "T", NO_HAND)


def clip(frames: int, points: int = 21, seed: int = 0) -> np.ndarray:
    landmarks = np.random.default_rng(seed).uniform(0.2, 0.8, (frames, points, 3)).astype(np.float32)
    landmarks[0, 3] = np.nan
    return landmarks


def kept(id: str, landmarks: np.ndarray, *, handedness: float = 1.0, **more: Any) -> Entry:
    packed = inputs.pack(landmarks, form("hand"), aspect=16 / 9, fps=25.0, handedness=handedness)
    return make_entry(id=id, inputs=packed, until=minutes(60), **more)


def say(database: Database, id: str, label: str | None) -> None:
    feedback.give(database, id, label, client="", who="ada", class_names=NAMES, operator=True)


def test_letters_become_a_table_that_extract_reads(database: Database, tmp_path: Path) -> None:
    clips = {"b": clip(3, seed=1), "a": clip(2, seed=2), "c": clip(1, seed=3)}
    stored(
        database,
        kept("b", clips["b"], client="11"),
        kept("a", clips["a"], client="22", handedness=0.0),
        kept("c", clips["c"], label="S"),
        kept("unsaid", clip(2)),
        kept("far", clip(2) * 1000),
        kept("empty", clip(2)),
        make_entry(id="not kept"[:3]),
        kept("sign", clip(2), track="signs"),
    )
    for id, label in {"b": "T", "a": None, "c": "S", "far": "S", "empty": NO_HAND, "not": "S", "sign": "S"}.items():
        say(database, id, label)
    out = tmp_path / "corrected.parquet"
    written = exporting.export(database, "letters", out)
    assert (written.clips, written.sha256) == (3, sha256(out))
    assert written.left_out == {exporting.TOO_FAR: 1, exporting.NO_SIGN: 1, exporting.NOT_KEPT: 1}
    data = LandmarkTable(source="landmark_table", path=str(out), group_column="group", clip_column="clip")
    extract(data, feedback=tmp_path / "none", out=tmp_path / "samples.h5")
    read = store.read(tmp_path / "samples.h5")
    assert [read.class_names[k] for k in read.target] == ["A", "T", "S"]
    assert list(read.group) == ["22", "11", "nobody"]
    np.testing.assert_array_equal(read.handedness, [0.0, 1.0, 1.0])
    np.testing.assert_allclose(read.aspect, 16 / 9)
    for i, id in enumerate("abc"):
        np.testing.assert_array_equal(read.clip(i), clips[id])
    assert read.provenance["files"]["corrected.parquet"]["sha256"] == written.sha256, "by it its versions are found"


def test_signs_become_arrays_that_extract_reads(database: Database, tmp_path: Path) -> None:
    clips = [clip(4, 75, seed=1), clip(6, 75, seed=2)]
    stored(database, *[kept(str(i), landmarks, client=f"c{i}") for i, landmarks in enumerate(clips)])
    say(database, "0", "T")
    say(database, "1", None)
    out = tmp_path / "corrected.npz"
    written = exporting.export(database, "letters", out)
    extract(
        LandmarkClips(source="landmark_clips", path=str(out)), feedback=tmp_path / "none", out=tmp_path / "samples.h5"
    )
    read = store.read(tmp_path / "samples.h5")
    assert [read.class_names[k] for k in read.target] == ["T", "A"]
    assert list(read.group) == ["c0", "c1"]
    np.testing.assert_array_equal(read.fps, 25)
    np.testing.assert_array_equal(read.clip(1), clips[1])
    assert read.provenance["files"]["corrected.npz"]["sha256"] == written.sha256


@pytest.mark.parametrize(("points", "suffix"), [(21, ".parquet"), (75, ".npz")])
def test_the_same_feedback_gives_the_same_bytes_and_one_record(
    database: Database, tmp_path: Path, points: int, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(database, kept("b", clip(2, points)), kept("a", clip(3, points)))
    say(database, "b", "S")
    say(database, "a", None)
    first = exporting.export(database, "letters", tmp_path / f"one{suffix}", now=NOON)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))  # a zip file has times
    again = exporting.export(database, "letters", tmp_path / f"two{suffix}", now=minutes(5))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert first.sha256 == again.sha256
    found = exporting.listed(database, "letters")
    assert [(one.sha256, one.time, one.path, one.clips) for one in found] == [
        (first.sha256, minutes(5), str(tmp_path / f"two{suffix}"), 2)
    ]
    assert exporting.listed(database, "signs") == []


def test_what_cannot_be_exported_says_why(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    with pytest.raises(InputError, match=r"no corrected or confirmed prediction whose input is kept\. Keep inputs"):
        exporting.export(database, "letters", out)
    stored(database, make_entry(id="x"), kept("hand", clip(2)), kept("body", clip(2, 75)))
    say(database, "x", "S")
    with pytest.raises(InputError, match=r"\(1: the input was not kept\)"):
        exporting.export(database, "letters", out)
    say(database, "hand", "S")
    with pytest.raises(InputError, match=r"expected a name that ends in \.parquet"):
        exporting.export(database, "letters", tmp_path / "x.csv")
    say(database, "body", "S")
    with pytest.raises(InputError, match="are of hand and holistic"):
        exporting.export(database, "letters", out)
    assert list(tmp_path.glob("x*")) == []


def test_clips_that_are_erased_while_they_are_exported_are_not_written(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring.log import erasing

    stored(database, kept("a", clip(2)), kept("b", clip(2)))
    say(database, "a", "S")
    say(database, "b", "S")
    hashed = exporting.sha256

    def meanwhile(path: Path) -> str:
        erasing.erase(database, id="b")
        return hashed(path)

    monkeypatch.setattr(exporting, "sha256", meanwhile)
    with pytest.raises(TransientError, match="1 of the clips were erased meanwhile"):
        exporting.export(database, "letters", tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()
    assert exporting.listed(database) == []


@pytest.mark.parametrize(
    "broken", [b"", b"PK\x03\x04 no zip", inputs.pack(clip(2)[0], form("hand"), aspect=1, fps=1, handedness=1)]
)
def test_a_kept_input_that_nobody_can_read_is_said(broken: bytes) -> None:
    with pytest.raises(InputError, match="the kept input of 'x'"):
        inputs.unpack(broken, "x")
