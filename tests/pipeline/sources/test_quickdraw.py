"""A folder of Quick Draw's bitmaps: which rows are read, who drew them, and files that are not what they should be."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import QuickDraw
from pipeline.samples import Samples
from pipeline.sources import fetched, quickdraw
from pipeline.sources.bitmaps import blocks
from pipeline.sources.fetched import Fetched


def put(folder: Path, name: str, rows: int = 5, side: int = 4, first: int = 0) -> np.ndarray:
    """Writes a file whose row n is all n."""
    pictures = np.repeat(np.arange(first, first + rows, dtype=np.uint8)[:, None], side * side, 1)
    np.save(folder / f"{name}.npy", pictures)
    return pictures


def read(folder: Path, **settings: object) -> Samples:
    return quickdraw.read(QuickDraw.model_validate({"source": "quickdraw", "path": str(folder)} | settings))


def test_a_folder_is_read_class_by_class(tmp_path: Path):
    put(tmp_path, "cat", 3)
    put(tmp_path, "apple", 2, first=100)
    samples = read(tmp_path)
    assert samples.class_names == ("apple", "cat")
    assert samples.values.shape == (5, 4, 4)
    assert samples.values.dtype == np.uint8
    assert samples.values[:, 0, 0].tolist() == [100, 101, 0, 1, 2]
    assert samples.target.tolist() == [0, 0, 1, 1, 1]
    assert samples.id.tolist() == ["apple/0", "apple/1", "cat/0", "cat/1", "cat/2"]


def test_only_the_first_of_a_class_are_read(tmp_path: Path):
    put(tmp_path, "apple", 4)
    put(tmp_path, "cat", 2, first=50)
    assert read(tmp_path, max_per_class=3).values[:, 0, 0].tolist() == [0, 1, 2, 50, 51]


def test_blocks_of_rows_stand_for_drawers():
    assert blocks(5, 2).tolist() == ["block_00"] * 3 + ["block_01"] * 2
    groups = blocks(1000, 50)
    assert (groups >= "block_40").sum() == 200  # the last 20 %
    assert (groups[800:] >= "block_40").all()


def test_a_name_may_have_underscores_for_blanks(tmp_path: Path):
    put(tmp_path, "smiley face")
    put(tmp_path, "cat")
    samples = read(tmp_path, classes=("smiley_face", "cat"))
    assert samples.class_names == ("smiley_face", "cat")


def test_a_class_that_is_not_there_is_named_with_the_remedy(tmp_path: Path):
    put(tmp_path, "cat")
    with pytest.raises(InputError, match=r"lacks dog of data.classes; it has cat\. Run `signloop sketches fetch`"):
        read(tmp_path, classes=("cat", "dog"))
    with pytest.raises(InputError, match=r"has no \.npy of drawings"):
        read(tmp_path / "none")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (
            np.zeros((3, 16), np.float32),
            r"expected \[drawings, pixels\] uint8 of square pictures, got \[3, 16\] float32",
        ),
        (np.zeros((3, 15), np.uint8), r"square pictures, got \[3, 15\]"),
        (np.zeros((3, 4, 4), np.uint8), r"square pictures, got \[3, 4, 4\]"),
        (np.zeros((0, 16), np.uint8), r"square pictures, got \[0, 16\]"),
        (np.asfortranarray(np.zeros((3, 16), np.uint8)), "square pictures"),
    ],
)
def test_an_array_that_is_no_bitmaps_is_refused(tmp_path: Path, array: np.ndarray, told: str):
    np.save(tmp_path / "cat.npy", array)
    with pytest.raises(InputError, match=told):
        read(tmp_path)


def test_a_file_that_is_cut_off_says_how_much_is_there(tmp_path: Path):
    put(tmp_path, "cat", 5)
    path = tmp_path / "cat.npy"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="says 5 drawings, 3 are there"):
        read(tmp_path)
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match=r"is no \.npy of drawings"):
        read(tmp_path)


def test_drawings_of_two_sizes_are_refused(tmp_path: Path):
    put(tmp_path, "cat", side=4)
    put(tmp_path, "dog", side=5)
    with pytest.raises(InputError, match="drawings of 5×5"):
        read(tmp_path)


def test_what_was_fetched_is_held_to_its_hash(tmp_path: Path):
    put(tmp_path, "cat")
    path = tmp_path / "cat.npy"
    entry = Fetched(address="http://a", etag=None, rows=5, bytes=path.stat().st_size, sha256=sha256(path))
    fetched.write(tmp_path, {"cat.npy": entry})
    assert len(read(tmp_path)) == 5
    put(tmp_path, "cat", first=9)  # as long, of other bytes
    with pytest.raises(InputError, match="is not what was fetched"):
        read(tmp_path)


def test_a_list_that_is_none_is_refused(tmp_path: Path):
    put(tmp_path, "cat")
    (tmp_path / fetched.NAME).write_text('{"cat.npy": {"size": 3}}', encoding="utf-8")
    with pytest.raises(InputError, match="is no list of fetched files"):
        read(tmp_path)
