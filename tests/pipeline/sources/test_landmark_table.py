"""Tables of landmarks: what is read, and what each mistake is answered with."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import samples as store
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import LandmarkTable
from pipeline.skeleton import skeleton

COORDINATES = [f"{axis}{point}" for point in range(21) for axis in "xyz"]
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "letters"


def table(path: Path, rows: list[dict], columns: list[str] | None = None) -> Path:
    """Writes a CSV; a row that does not say otherwise has point i at (i, i + 100, i + 200) thousandths."""
    default = {f"{axis}{i}": (i + 100 * k) / 1000 for i in range(21) for k, axis in enumerate("xyz")}
    columns = columns or list(dict.fromkeys(["label", *(key for row in rows for key in row), *COORDINATES]))
    lines = [",".join(columns)] + [",".join(str({**default, **row}.get(c, "")) for c in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, **options) -> store.Samples:
    return sources.read(LandmarkTable(source="landmark_table", path=str(path), **options))


def test_each_row_is_a_clip_of_its_file(tmp_path: Path):
    table(tmp_path / "mia.csv", [{"label": "B"}, {"label": " A "}])
    table(tmp_path / "leo.csv", [{"label": "A"}])
    samples = read(tmp_path)
    assert samples.class_names == ("A", "B")
    assert samples.id.tolist() == ["leo/0", "mia/0", "mia/1"]
    assert samples.group.tolist() == ["leo", "mia", "mia"]
    assert samples.target.tolist() == [0, 1, 0]
    assert samples.lengths.tolist() == [1, 1, 1]
    np.testing.assert_allclose(samples.clip(0)[0, 4], [0.004, 0.104, 0.204], rtol=1e-6)
    np.testing.assert_allclose(samples.aspect, 4 / 3)
    assert np.isnan(samples.fps).all()
    assert np.isnan(samples.handedness).all()
    store.check(samples)


def test_parquet_reads_as_csv_does(tmp_path: Path):
    from pyarrow import csv

    path = table(tmp_path / "a.csv", [{"label": "A", "x3": ""}, {"label": "B"}])
    pq.write_table(csv.read_csv(path), tmp_path / "a.parquet")
    one, two = read(path), read(tmp_path / "a.parquet")
    np.testing.assert_array_equal(one.values, two.values)
    assert one.id.tolist() == two.id.tolist()


def test_labels_stay_as_written(tmp_path: Path):
    path = table(tmp_path / "a.csv", [{"label": "NA"}, {"label": "1"}, {"label": "true"}, {"label": "a"}])
    assert read(path).class_names == ("1", "NA", "a", "true")


def test_parquet_labels_may_be_numbers_or_categories(tmp_path: Path):
    columns = {c: [0.1, 0.2] for c in COORDINATES}
    for label in (pa.array([7, 8]), pa.array(["7", "8"]).dictionary_encode()):
        pq.write_table(pa.table({"label": label, **columns}), tmp_path / "a.parquet")
        assert read(tmp_path / "a.parquet").class_names == ("7", "8")


def test_extra_columns_are_ignored_and_groups_may_be_named(tmp_path: Path):
    rows = [{"label": "A", "signer": "x", "wx0": "junk"}, {"label": "A", "signer": "y", "wx0": "1"}]
    assert read(table(tmp_path / "a.csv", rows), group_column="signer").group.tolist() == ["x", "y"]


def test_rows_of_one_value_are_frames_of_one_clip(tmp_path: Path):
    rows = [
        {"label": "A", "clip": 1, "handedness": "Left"},
        {"label": "A", "clip": 1, "handedness": "right"},
        {"label": "A", "clip": 1, "handedness": "1"},
        {"label": "B", "clip": 2, "handedness": "0"},
        {"label": "B", "clip": 1, "handedness": ""},
    ]
    samples = read(table(tmp_path / "a.csv", rows), clip_column="clip", fps=25)
    assert samples.offsets.tolist() == [0, 3, 4, 5]
    assert samples.id.tolist() == ["a/0", "a/3", "a/4"]
    np.testing.assert_array_equal(samples.handedness, [1, 0, np.nan])
    assert samples.fps.tolist() == [25, 25, 25]


def test_width_and_height_give_the_aspect(tmp_path: Path):
    rows = [{"label": "A", "width": 640, "height": 480}, {"label": "A", "width": 200, "height": 200}, {"label": "A"}]
    np.testing.assert_allclose(read(table(tmp_path / "a.csv", rows), aspect=1.5).aspect, [4 / 3, 1, 1.5])


def test_what_was_not_seen_is_nan(tmp_path: Path):
    zero = dict.fromkeys(COORDINATES, 0)
    rows = [
        {"label": "A", "y2": "", "z5": "NaN"},
        {"label": "A", **zero},
        {"label": "A", "x0": 0, "y0": 0, "z0": 0},
    ]
    seen = read(table(tmp_path / "a.csv", rows)).seen
    assert np.flatnonzero(~seen[0]).tolist() == [2, 5]
    assert not seen[1].any()
    assert seen[2].all(), "a wrist at the origin is a wrist"


def test_classes_choose_and_order(tmp_path: Path):
    rows = [{"label": x} for x in ("A", "B", "C", "B", "")]
    samples = read(table(tmp_path / "a.csv", rows), classes=("C", "B"))
    assert samples.class_names == ("C", "B")
    assert samples.id.tolist() == ["a/1", "a/2", "a/3"]
    assert samples.target.tolist() == [1, 0, 1]
    assert samples.provenance["rows_read"] == 5
    assert samples.provenance["rows_left_out"] == {"label not in classes": 1, "no label": 1}


def test_max_per_class_is_evenly_spaced_in_each_group(tmp_path: Path):
    table(tmp_path / "a.csv", [{"label": "A"}] * 9 + [{"label": "B"}] * 2)
    table(tmp_path / "b.csv", [{"label": "A"}] * 3)
    samples = read(tmp_path, max_per_class=3)
    assert samples.id.tolist() == ["a/0", "a/4", "a/8", "a/9", "a/10", "b/0", "b/1", "b/2"]
    assert samples.provenance["rows_left_out"] == {"above max_per_class": 6}


def test_provenance_names_files_by_hash(tmp_path: Path):
    files = read(table(tmp_path / "a.csv", [{"label": "A"}])).provenance["files"]
    assert files["a.csv"]["rows"] == 1
    assert re.fullmatch("[0-9a-f]{64}", files["a.csv"]["sha256"])


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            [{"label": "A"}, {"label": "A", "x3": "abc"}],
            {},
            r"a\.csv' row 1, column 'x3': expected a number, got 'abc'",
        ),
        ([{"label": "A", "y4": "inf"}], {}, r"row 0, column 'y4'.*got inf\. Empty the cell"),
        ([{"label": "A"}, {"label": "A", "x0": 320}], {}, r"row 1, column 'x0'.*got 320.*pixels: divide"),
        ([{"label": "A", "width": 0, "height": 5}], {}, r"row 0, column 'width': expected a size above 0, got 0"),
        ([{"label": ""}], {}, r"column 'label' .* is empty in every row"),
        ([{"label": "A"}, {"label": "b"}], {"classes": ("A", "B")}, r"'B' does not occur .* It has 'A', 'b'"),
        ([{"label": "A"}], {"label_column": "sign"}, r"has no column 'sign'.*got 'label', 'x0'"),
        ([{"label": "A", "who": ""}], {"group_column": "who"}, r"row 0, column 'who': expected a signer or source"),
        (
            [{"label": "A", "c": 1}, {"label": "A", "c": 1}, {"label": "B", "c": 1}],
            {"clip_column": "c"},
            r"row 2: clip '1' began in row 0 with label 'A' and goes on with 'B'",
        ),
    ],
)
def test_mistakes_in_a_cell(tmp_path: Path, rows: list[dict], options: dict, message: str):
    with pytest.raises(InputError, match=message):
        read(table(tmp_path / "a.csv", rows), **options)


def test_mistakes_in_a_file(tmp_path: Path):
    def refused(message: str, path: Path = tmp_path / "a.csv") -> None:
        with pytest.raises(InputError, match=message):
            read(path)

    refused(r"a\.csv' does not exist")
    refused("holds no .csv or .parquet", tmp_path)
    path = table(tmp_path / "a.csv", [{"label": "A"}], [c for c in ["label", *COORDINATES] if not c.startswith("z")])
    refused(r"has no column 'z0', 'z1', .* and 13 more")
    table(path, [{"label": "A"}], ["label", *COORDINATES, "x0"])
    refused(r"has column 'x0' 2 times")
    table(path, [])
    refused("has a header and no rows")
    path.write_bytes(b"")
    refused("not a whole, readable table: Empty CSV file")
    whole = table(path, [{"label": "A"}] * 3).read_bytes()
    path.write_bytes(whole[:-40])
    refused(r"not a whole, readable table: .*Row #4: Expected 64 columns")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 cut off")
    refused(r"a\.parquet' is not a whole, readable table", tmp_path / "a.parquet")
    refused("2 tables in .* are named 'a'", tmp_path)
    (tmp_path / "a.txt").write_text("x")
    refused(r"expected a \.csv or \.parquet file, got", tmp_path / "a.txt")


@pytest.mark.data
def test_the_seven_real_tables():
    if not DATA.exists():
        pytest.skip(f"no real tables in {DATA}")
    samples = read(DATA)
    names, counts = np.unique(samples.group.astype(str), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "bisonhacks_p1": 2500,
        "bisonhacks_p2": 2500,
        "borisgraudt": 10508,
        "haontran": 1800,
        "img_kaggle_nmt": 1836,
        "img_kaggle_nqm": 1720,
        "kamil786": 1220,
    }
    classes = {g: len(set(samples.target[samples.group == g])) for g in names.tolist()}
    assert [classes[g] for g in names.tolist()] == [25, 25, 26, 18, 26, 36, 28]
    assert samples.seen.all()
    assert (samples.handedness == 0).sum() == 80 + 34
    letters = read(DATA, classes=LETTERS)
    assert len(letters) == 21198
    assert letters.class_names == LETTERS
    assert letters.provenance["rows_left_out"] == {"label not in classes": 22084 - 21198}


def test_a_signer_a_row_has_points_by_name_and_no_hand_among_them(tmp_path: Path):
    names = [f"{point}_{axis}" for point in skeleton("holistic").points for axis in "xyz"]
    cells = [str(i / 1000) for i in range(1, len(names) + 1)]
    path = tmp_path / "b.csv"
    path.write_text(",".join(["label", *names]) + "\n" + ",".join(["tea", *cells]) + "\n", encoding="utf-8")
    samples = read(path)
    store.check(samples)
    assert samples.form == "holistic"
    wrist = skeleton("holistic").index("pose_left_wrist")
    np.testing.assert_allclose(samples.values[0, wrist], (np.arange(3) + 3 * wrist + 1) / 1000, rtol=1e-6)
    lacking = tmp_path / "lacking.csv"
    lacking.write_text(f"label,{names[0]}\ntea,0.1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"has no column 'left_hand_wrist_y'.*pose_right_foot_index_z"):
        read(lacking)
    lacking.unlink()
    table(tmp_path / "a.csv", [{"label": "A"}])
    with pytest.raises(InputError, match=r"a\.csv' holds one hand a row and .*b\.csv' a whole signer"):
        read(tmp_path)
