"""Fetching from a bucket by real HTTP: heads of files, broken connections, servers without ranges, changed files."""

import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flows import quickdraw, quickdraw_names
from flows.command import app
from flows.quickdraw import Bucket
from pipeline.errors import InputError, TransientError
from pipeline.params import QuickDraw
from pipeline.sources import fetched
from pipeline.sources import quickdraw as source
from tests.flows.bucket import Shelf, drawings, npy, served


def fetch(address: str, folder: Path, *names: str, rows: int | None = 3, **settings) -> list[str]:
    said: list[str] = []
    bucket = Bucket(address, pause_s=0.0)
    quickdraw.fetch(names or ("cat",), folder, rows=rows, bucket=bucket, say=said.append, **settings)
    return said


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_head_of_each_file_is_fetched_and_listed(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(1000)), smiley_face=npy(drawings(2, first=9)))
    with served(shelf) as address:
        said = fetch(address, tmp_path, "cat", "smiley_face")
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(3))
    assert np.array_equal(np.load(tmp_path / "smiley face.npy"), drawings(2, first=9))
    assert left(tmp_path) == ["cat.npy", "fetched.json", "smiley face.npy"]
    assert "cat: 3 of 1,000 drawings, 0.0 MB" in said
    assert shelf.sent < 10_000  # of 784,000
    listed = fetched.read(tmp_path)
    assert listed["cat.npy"].etag == '"cat-1"'
    assert listed["cat.npy"].rows == 3
    assert listed["smiley face.npy"].rows is None
    read = source.read(QuickDraw(source="quickdraw", path=str(tmp_path), classes=("cat", "smiley_face")))
    assert len(read) == 5


def test_a_whole_file_is_kept_byte_for_byte(tmp_path: Path):
    with served(Shelf(cat=npy(drawings(50)))) as address:
        fetch(address, tmp_path, rows=None)
    assert (tmp_path / "cat.npy").read_bytes() == npy(drawings(50))


def test_a_broken_connection_goes_on_where_it_stopped(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(40)))
    shelf.breaks = [1000, 0, 5000, 1]
    with served(shelf) as address:
        fetch(address, tmp_path, rows=20)
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(20))
    assert shelf.asked["cat"] == 6  # the header, four that broke, the rest
    assert shelf.sent < 20 * 784 + 1000  # nothing twice but the header


def test_a_later_run_goes_on_where_the_last_one_gave_up(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(40)))
    shelf.breaks = [9000, *[0] * quickdraw.TRIES]
    with served(shelf) as address:
        with pytest.raises(TransientError, match=r"5 times in a row\. What has arrived stays"):
            fetch(address, tmp_path, rows=20)
        assert not (tmp_path / "cat.npy").exists()
        before = shelf.sent
        shelf.breaks = []
        fetch(address, tmp_path, rows=20)
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(20))
    assert shelf.sent - before < 20 * 784 - 8000


def test_a_server_without_ranges_is_read_over(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(200)))
    shelf.ranges = False
    shelf.breaks = [7000]
    with served(shelf) as address:
        fetch(address, tmp_path, rows=20)
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(20))


def test_a_server_that_is_busy_is_asked_again(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(5)))
    shelf.statuses = [503, 429]
    with served(shelf) as address:
        fetch(address, tmp_path)
        shelf.statuses = [503] * quickdraw.TRIES
        with pytest.raises(TransientError, match="503"):
            fetch(address, tmp_path / "other")


def test_a_server_that_is_away_says_so(tmp_path: Path):
    with served(Shelf()) as address:
        pass
    with pytest.raises(TransientError, match="run the same command again"):
        fetch(address, tmp_path)


def test_a_name_that_is_not_published_tells_near_ones(tmp_path: Path):
    with served(Shelf(cat=npy(drawings(5)))) as address, pytest.raises(InputError) as caught:
        fetch(address, tmp_path, "face")
    assert "Quick Draw has no 'face'. Near: face" in str(caught.value)
    assert "smiley face" in str(caught.value)


def test_what_is_there_is_not_fetched_again(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(50)))
    with served(shelf) as address:
        fetch(address, tmp_path)
        asked = shelf.asked["cat"]
        assert fetch(address, tmp_path) == ["cat: there"]
        assert shelf.asked["cat"] == asked
        fetch(address, tmp_path, rows=4)  # more are wanted now
    assert len(np.load(tmp_path / "cat.npy")) == 4


def test_a_file_of_ones_own_is_left_as_it_is(tmp_path: Path):
    np.save(tmp_path / "cat.npy", drawings(1, first=77))
    with served(Shelf(cat=npy(drawings(50)))) as address:
        (said,) = fetch(address, tmp_path)
    assert "is your own" in said
    assert np.load(tmp_path / "cat.npy")[0, 0] == 77


def test_a_file_that_was_damaged_is_fetched_again(tmp_path: Path):
    with served(Shelf(cat=npy(drawings(50)))) as address:
        fetch(address, tmp_path)
        path = tmp_path / "cat.npy"
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
        fetch(address, tmp_path)
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(3))


def test_a_file_that_changed_at_its_publisher_is_refused(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(50)))
    with served(shelf) as address:
        fetch(address, tmp_path)
        (tmp_path / "cat.npy").unlink()
        shelf.files["cat"], shelf.edition = npy(drawings(50, first=1)), 2
        with pytest.raises(InputError, match="is not what was fetched before"):
            fetch(address, tmp_path)
        assert not (tmp_path / "cat.npy").exists()
        fetch(address, tmp_path, again=True)
    assert np.load(tmp_path / "cat.npy")[0, 0] == 1


def test_a_part_of_another_edition_is_never_gone_on_with(tmp_path: Path):
    shelf = Shelf(cat=npy(drawings(40)))
    shelf.breaks = [9000, *[0] * quickdraw.TRIES]
    with served(shelf) as address:
        with pytest.raises(TransientError):
            fetch(address, tmp_path, rows=20)
        shelf.breaks, shelf.edition = [], 2
        shelf.files["cat"] = npy(drawings(40, first=100))
        fetch(address, tmp_path, rows=20)
    assert np.array_equal(np.load(tmp_path / "cat.npy"), drawings(20, first=100))
    assert left(tmp_path) == ["cat.npy", "fetched.json"]


def test_a_disk_without_room_is_told_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    with served(Shelf(cat=npy(drawings(50)))) as address, pytest.raises(InputError, match="the disk has 1 MB free"):
        fetch(address, tmp_path)
    assert left(tmp_path) == []


def test_several_are_fetched_at_once(tmp_path: Path):
    shelf = Shelf(**{name: npy(drawings(5)) for name in ("cat", "dog", "sun")})
    shelf.together = 3
    with served(shelf) as address:
        fetch(address, tmp_path, "cat", "dog", "sun", parallel=3)
    assert shelf.most_at_once == 3
    assert len(left(tmp_path)) == 4


@pytest.mark.parametrize("data", [b"<html>no such page</html>", npy(np.zeros((3, 784), np.float32))])
def test_what_is_no_npy_of_drawings_is_refused(tmp_path: Path, data: bytes):
    with served(Shelf(cat=data)) as address, pytest.raises(InputError, match="Check the address"):
        fetch(address, tmp_path)


def test_names_are_spelled_as_the_bucket_spells_them():
    assert len(quickdraw_names.NAMES) == 345
    assert quickdraw_names.spelled("smiley_face") == "smiley face"
    assert quickdraw_names.spelled("the eiffel tower") == "The Eiffel Tower"
    assert quickdraw_names.spelled("teddy-bear") == "teddy-bear"
    assert quickdraw_names.spelled("unicorn") == "unicorn"
    assert quickdraw_names.near("aeroplane")[0] == "airplane"


def test_the_command_fetches_what_a_track_asks_for(tmp_path: Path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        f"tracks: {{letters: {{data: {{source: quickdraw, path: {tmp_path / 'drawings'}, classes: [cat], "
        "max_per_class: 2}, model: {name: mlp}}}",
        encoding="utf-8",
    )
    with served(Shelf(cat=npy(drawings(5)))) as address:
        ran = CliRunner().invoke(
            app, ["sketches", "fetch", "letters", "--with", str(overlay), "--from", address], catch_exceptions=False
        )
    assert ran.exit_code == 0, ran.output
    assert len(np.load(tmp_path / "drawings" / "cat.npy")) == 2


def test_the_command_says_when_a_track_fetches_nothing():
    with pytest.raises(InputError, match=r"data\.source is synthetic_letters, which fetches nothing"):
        CliRunner().invoke(app, ["sketches", "fetch", "letters"], catch_exceptions=False)
