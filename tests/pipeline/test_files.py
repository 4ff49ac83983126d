"""Files are whole or not there."""

import os
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.files import read_json, replacing, sha256, write_json, write_text


class Stop(BaseException):
    """What a person's Ctrl-C is like: not an `Exception`."""


@pytest.mark.parametrize("error", [ValueError, Stop, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_beside(tmp_path: Path, error: type[BaseException]):
    write_text(tmp_path / "a", "old")

    def write_half() -> None:
        with replacing(tmp_path / "a") as beside:
            beside.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a", "old")]


def test_a_folder_is_replaced_whole(tmp_path: Path):
    for names in (("one", "two"), ("three",)):
        with replacing(tmp_path / "deep" / "folder") as beside:
            beside.mkdir()
            for name in names:
                write_text(beside / name, name)
            assert sorted(p.name for p in beside.iterdir()) == sorted(names)
    assert [p.name for p in (tmp_path / "deep" / "folder").iterdir()] == ["three"]


def test_a_folder_that_is_not_finished_leaves_the_old_one(tmp_path: Path):
    write_text(tmp_path / "folder" / "old", "old")

    def write_half() -> None:
        with replacing(tmp_path / "folder") as beside:
            beside.mkdir()
            raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        write_half()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "old"]


def test_what_a_killed_process_left_goes_with_the_next_writing(tmp_path: Path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    write_text(tmp_path / f".a.{dead.pid}.part", "half")
    write_text(tmp_path / f".a.{os.getppid()}.part", "somebody at work")
    write_text(tmp_path / f".b.{dead.pid}.part", "of another output")
    write_text(tmp_path / "a", "whole")
    left = {f".a.{os.getppid()}.part", f".b.{dead.pid}.part", "a"}
    assert {p.name for p in tmp_path.iterdir()} == left


def test_json_is_sorted_and_refuses_nan(tmp_path: Path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ä"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "a": "ä",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", float("nan"))
    assert read_json(tmp_path / "a.json") == {"a": "ä", "b": 1}


def test_json_that_is_missing_or_cut_off_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"a\.json' does not exist"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(InputError, match=r"a\.json' is not readable JSON"):
        read_json(tmp_path / "a.json")


def test_sha256_of_a_file_and_a_folder(tmp_path: Path):
    write_text(tmp_path / "d" / "x", "abc")
    assert sha256(tmp_path / "d" / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    before = sha256(tmp_path / "d")
    (tmp_path / "d" / "x").rename(tmp_path / "d" / "y")
    assert sha256(tmp_path / "d") != before
