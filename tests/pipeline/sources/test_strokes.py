"""Strokes drawn as bitmaps: the right place and size, what is left out, Google's own bitmaps of the same drawings."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.params import QuickDraw, Strokes
from pipeline.samples import Samples
from pipeline.sources import quickdraw, strokes

SHARED = Path(__file__).parents[4] / "shared" / "data"
SQUARE = [[[0, 10, 10, 0, 0], [0, 0, 10, 10, 0]]]
LINE = [[[3, 8], [7, 7]]]


def drawing(word: str = "square", lines: Sequence[object] = SQUARE, **more: object) -> str:
    return json.dumps({"word": word, "drawing": lines, **more})


def read(tmp_path: Path, *lines: str, **settings: object) -> Samples:
    path = tmp_path / "drawings.ndjson"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return strokes.read(Strokes.model_validate({"source": "strokes", "path": str(path)} | settings))


def test_a_square_fills_its_bitmap_to_the_margin(tmp_path: Path):
    samples = read(tmp_path, drawing(), size=10, pen=0.25, margin=0.0)  # 8 wide, a pen of 2: pixels 0 to 9
    picture = samples.values[0]
    assert picture.shape == (10, 10)
    for row in (picture[5], picture[5, ::-1], picture[:, 5], picture[::-1, 5]):
        assert row[:5].tolist() == [255, 255, 0, 0, 0]


def test_a_level_line_stands_in_the_middle(tmp_path: Path):
    picture = read(tmp_path, drawing(lines=LINE), size=9, pen=0.2, margin=1 / 6).values[0]  # a pen of 1
    assert np.flatnonzero(picture.any(1)).tolist() == [4]
    assert np.flatnonzero(picture.any(0)).tolist() == list(range(1, 8))


def test_a_dot_is_drawn(tmp_path: Path):
    picture = read(tmp_path, drawing(lines=[[[5], [5]]]), size=9).values[0]
    assert picture[4, 4] > 0


def test_the_whole_is_named_and_grouped(tmp_path: Path):
    lines = [drawing("b"), drawing("a"), drawing("b"), drawing("b", LINE), drawing("b")]
    samples = read(tmp_path, *lines, blocks=2)
    assert samples.class_names == ("a", "b")
    assert samples.target.tolist() == [1, 0, 1, 1, 1]
    assert samples.id.tolist() == ["b/0", "a/0", "b/1", "b/2", "b/3"]
    assert samples.group.tolist() == ["block_00", "block_00", "block_00", "block_01", "block_01"]
    assert samples.form == "bitmap"


def test_what_is_not_asked_for_is_left_out_and_counted(tmp_path: Path):
    lines = [drawing(recognized=False), drawing("other"), drawing(lines=[]), drawing(), drawing(), drawing()]
    samples = read(tmp_path, *lines, classes=("square",), max_per_class=2)
    assert len(samples) == 2
    assert samples.provenance["left_out"] == {"not recognized": 1, "no strokes": 1}
    assert len(read(tmp_path, *lines, recognized_only=False, classes=("square",))) == 4


def test_more_drawings_than_are_drawn_at_once_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [drawing(lines=[[[0, 1 + n], [0, 5]]]) for n in range(5)]
    whole = read(tmp_path, *lines).values
    monkeypatch.setattr(strokes, "AT_ONCE", 2)
    assert np.array_equal(read(tmp_path, *lines).values, whole)


def test_a_folder_of_packed_files_is_read_in_order(tmp_path: Path):
    for name in ("b", "a"):
        with gzip.open(tmp_path / f"{name}.ndjson.gz", "wt") as file:
            file.write(drawing(name) + "\n")
    samples = strokes.read(Strokes(source="strokes", path=str(tmp_path)))
    assert samples.id.tolist() == ["a/0", "b/0"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"word": "cat"', "line 2: expected a drawing"),
        ('{"word": "cat"}', "line 2: expected a drawing"),
        ('{"word": "cat", "drawing": [[[1, 2], [1]]]}', "line 2: expected a drawing"),
        ('{"word": "cat", "drawing": [[[1, null], [1, 2]]]}', "as many xs as ys, all of them numbers"),
    ],
)
def test_a_line_that_is_no_drawing_is_named(tmp_path: Path, line: str, told: str):
    with pytest.raises(InputError, match=told):
        read(tmp_path, drawing(), line)


def test_a_cut_off_archive_is_named(tmp_path: Path):
    path = tmp_path / "drawings.ndjson.gz"
    path.write_bytes(gzip.compress((drawing() + "\n").encode() * 100)[:-20])
    with pytest.raises(InputError, match=r"drawings\.ndjson\.gz' is not whole"):
        strokes.read(Strokes(source="strokes", path=str(path)))


def test_nothing_to_draw_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="has no drawings of what is asked for"):
        read(tmp_path, drawing(), classes=("apple",))


@pytest.mark.data
def test_a_drawing_looks_as_quick_draws_own_bitmap_of_it():
    if not (SHARED / "strokes").is_dir():
        pytest.skip(f"no {SHARED}")
    own = strokes.read(
        Strokes(source="strokes", path=str(SHARED / "strokes"), classes=("apple",), recognized_only=False)
    ).values
    theirs = quickdraw.read(QuickDraw(source="quickdraw", path=str(SHARED / "sketches"), classes=("apple",))).values
    alike = _standard(own) @ _standard(theirs).T
    same = alike.max(1) > 0.9  # drawings that both files have
    assert same.sum() >= 30
    assert np.median(alike.max(1)[same]) > 0.98


def _standard(pictures: np.ndarray) -> np.ndarray:
    rows = pictures.reshape(len(pictures), -1).astype(float)
    rows -= rows.mean(1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
