"""Samples in the files of others: what comes back, what is said to be lost, what is refused."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline import formats, sources
from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.formats.keeping import Otherwise, size
from pipeline.params import LandmarkClips, LandmarkTable
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton
from tests.bodies import keypoints, make_clip, signed
from tests.factories import make_samples

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(lambda x: x == x.strip())
ASPECTS = st.one_of(st.sampled_from([4 / 3, 16 / 9, 9 / 16, 1.0]), st.floats(0.25, 5, width=32))
FPS = st.one_of(st.just(float("nan")), st.floats(1, 240, width=32))
HANDS = st.sampled_from([float("nan"), 0.0, 1.0])
EVERY = (".h5", ".npz", ".parquet", ".csv", "")


@st.composite
def any_samples(draw: st.DrawFn, name: str) -> Samples:
    """Draws clips with unseen points, frames in which nothing is seen, and any names."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    count = draw(st.integers(1, 4))
    clips = [rng.uniform(-0.5, 1.5, (rng.integers(1, 4), len(skeleton(name).points), 3)) for _ in range(count)]
    for clip in clips:
        clip[rng.random(clip.shape[:2]) < rng.choice([0, 0.3, 1])] = np.nan
    classes = draw(st.lists(WORDS, min_size=1, max_size=3, unique=True))

    def each(of: st.SearchStrategy) -> list:
        return draw(st.lists(of, min_size=count, max_size=count))

    return from_clips(
        [clip.astype(np.float32) for clip in clips],
        target=each(st.integers(0, len(classes) - 1)),
        group=each(WORDS),
        ids=draw(st.lists(WORDS, min_size=count, max_size=count, unique=True)),
        fps=each(FPS),
        aspect=each(ASPECTS),
        handedness=each(HANDS),
        class_names=tuple(classes),
        form=name,
        provenance=draw(st.sampled_from([{}, {"source": "drawn", "seed": 3}])),
        rows=draw(st.sampled_from([{}, {"confidence": [rng.random((len(clip), 1)) for clip in clips]}])),
    )


def there_and_back(samples: Samples, suffix: str, folder: Path) -> tuple[Samples, list[str]]:
    lost = formats.write(folder / f"clips{suffix}", samples)
    return formats.read(folder / f"clips{suffix}"), lost


def assert_same(one: Samples, two: Samples, lost: list[str], *, exact: bool) -> None:
    """Holds two to be equal but for what was said to be lost."""
    assert one.form == two.form
    for name in ("offsets", "group", "id", "fps", "aspect", "handedness"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    np.testing.assert_array_equal(one.seen, two.seen)
    np.testing.assert_allclose(one.values, two.values, rtol=0, atol=0 if exact else 1e-6)
    assert [one.class_names[k] for k in one.target] == [two.class_names[k] for k in two.target]
    said = " ".join(lost)
    assert (one.class_names == two.class_names) == ("class" not in said)
    assert (one.provenance == two.provenance) == ("provenance" not in said)
    assert (one.rows.keys() == two.rows.keys()) == ("further values" not in said)
    for name, values in two.rows.items():
        np.testing.assert_array_equal(one.rows[name], values)


@pytest.mark.parametrize("name", ["hand", "holistic"])
@pytest.mark.parametrize("suffix", EVERY)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(suffix: str, name: str, data: st.DataObject):
    samples = data.draw(any_samples(name))
    with tempfile.TemporaryDirectory() as folder:
        again, lost = there_and_back(samples, suffix, Path(folder))
    assert_same(samples, again, lost, exact=suffix != "")
    assert not lost or suffix in (".csv", "") or (suffix == ".parquet" and samples.rows)


@settings(max_examples=200, deadline=None)
@given(aspect=ASPECTS)
def test_a_size_says_the_aspect(aspect: float):
    width, height = size(aspect)
    assert np.float32(width / height) == np.float32(aspect)
    assert size(4 / 3) == (4, 3)
    assert size(np.float32(16 / 9), least=1000) == (16 * 112, 9 * 112)


def test_one_clip_is_a_file_of_its_own(tmp_path: Path):
    samples = make_samples(num_groups=1, classes="A", clips=1, frames=3, missing=0.2, fps=12.5, aspect=4 / 3)
    again, lost = there_and_back(samples, ".pose", tmp_path)
    assert lost == ["label", "group", "id", "provenance"]
    assert (again.form, again.handedness.tolist(), again.fps.tolist()) == ("hand", [0.0], [12.5])
    assert (again.id.tolist(), again.class_names) == (["clips"], ("",))
    np.testing.assert_allclose(again.values, samples.values, atol=1e-6)
    unknown = replace(samples, handedness=np.float32([np.nan]))
    assert "which hand it is" in " ".join(formats.write(tmp_path / "unknown.pose", unknown))
    with pytest.raises(InputError, match=r"holds one clip, got 36.*Give a folder"):
        formats.write(tmp_path / "many.pose", make_samples())


def test_the_librarys_own_reader_finds_names_bones_and_what_was_seen(tmp_path: Path):
    from pose_format import Pose

    clip = make_clip(2)
    clip[1, skeleton("holistic").part("left_hand")] = np.nan
    formats.write(tmp_path / "clip.pose", signed(clip, fps=25.0, aspect=16 / 9))
    pose = Pose.read((tmp_path / "clip.pose").read_bytes())
    assert [c.name for c in pose.header.components] == ["POSE_LANDMARKS", "LEFT_HAND_LANDMARKS", "RIGHT_HAND_LANDMARKS"]
    assert pose.header.components[1].points[:6] == [
        *("WRIST", "THUMB_CMC", "THUMB_MCP", "THUMB_IP", "THUMB_TIP"),
        "INDEX_FINGER_MCP",
    ]
    assert (5, 6) in pose.header.components[1].limbs
    assert pose.body.fps == 25.0
    assert pose.header.dimensions.width * 9 == pose.header.dimensions.height * 16
    wrist = pose.header.get_point_index("LEFT_HAND_LANDMARKS", "WRIST")
    assert pose.body.confidence[:, 0, wrist].tolist() == [1, 0]
    here = clip[0, skeleton("holistic").index("left_hand_wrist"), 0] * pose.header.dimensions.width
    assert pose.body.data[0, 0, wrist, 0] == pytest.approx(here)


def test_a_folder_without_its_list_is_read_by_its_folders(tmp_path: Path):
    samples = replace(make_samples(num_groups=2, clips=1, frames=2), provenance={})
    formats.write(tmp_path / "out", samples)
    (tmp_path / "out" / "clips.csv").unlink()
    again = formats.read(tmp_path / "out")
    order = np.argsort(again.group.astype(str), kind="stable")
    assert again.form == "hand"
    assert again.group[order].tolist() == samples.group.tolist()
    assert again.class_names == samples.class_names
    assert again.id.tolist()[0] == "s00/A/A0"
    extracted = sources.read(
        LandmarkClips(source="landmark_clips", path=str(tmp_path / "out"), group_folder=True, min_seen=1)
    )
    assert sorted(extracted.id) == sorted(again.id)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["hand", "holistic"])
def test_extract_reads_a_converted_table(tmp_path: Path, suffix: str, name: str):
    clips = [make_clip(2), make_clip(3)]
    samples = make_samples(num_groups=2, clips=2, frames=2) if name == "hand" else signed(*clips, aspect=4 / 3)
    path = tmp_path / f"clips{suffix}"
    formats.write(path, samples)
    data = LandmarkTable(source="landmark_table", path=str(path), group_column="group", clip_column="clip")
    read = sources.read(data)
    assert read.form == name
    for column in ("values", "offsets", "target", "group", "aspect", "handedness"):
        np.testing.assert_array_equal(getattr(read, column), getattr(samples, column))


def test_extract_reads_converted_arrays(tmp_path: Path):
    samples = signed(make_clip(2), make_clip(3, right=0.01), fps=[12, np.nan], aspect=[1, 4 / 3])
    formats.write(tmp_path / "clips.npz", samples)
    read = sources.read(LandmarkClips(source="landmark_clips", path=str(tmp_path / "clips.npz")))
    for column in ("values", "offsets", "target", "group", "aspect", "fps"):
        np.testing.assert_array_equal(getattr(read, column), getattr(samples, column))


def test_files_of_others(tmp_path: Path):
    frames = keypoints(make_clip(4), "pose:xyzv", "left_hand:xyz", "right_hand:xyz").reshape(2, 2, 258)
    np.savez(tmp_path / "theirs.npz", X=frames, y=np.array(["tea", "no"]))
    np.savez(tmp_path / "bare.npz", X=frames)
    columns = [f"{axis}{point}" for point in range(21) for axis in "xyz"]
    hand = make_samples(num_groups=1, classes="A", clips=2).values.reshape(2, 63)
    pd.DataFrame(hand, columns=columns).to_csv(tmp_path / "rows.csv", index=False)
    said = Otherwise(aspect=2.0, fps=10.0)
    theirs, bare, rows = (formats.read(tmp_path / name, said) for name in ("theirs.npz", "bare.npz", "rows.csv"))
    assert (theirs.class_names, theirs.target.tolist(), theirs.fps.tolist()) == (("no", "tea"), [1, 0], [10, 10])
    assert bare.class_names == rows.class_names == ("",)
    assert (rows.id.tolist(), rows.group.tolist()) == (["rows/0", "rows/1"], ["rows", "rows"])
    assert (rows.aspect.tolist(), rows.fps.tolist()) == ([2, 2], [10, 10])


def test_a_line_break_in_a_name_survives_a_table(tmp_path: Path):
    samples = replace(make_samples(num_groups=1, classes="A", clips=2), provenance={})
    samples.id[0] = 'odd "name",\nwith a break'
    again, lost = there_and_back(samples, ".csv", tmp_path)
    assert lost == []
    assert again.id.tolist() == samples.id.tolist()


def test_names_that_no_folder_can_hold(tmp_path: Path):
    names = ["..", "a/b", "a\\b", ".hidden", "CON.", "x" * 300, "Tea", "tea", "%2F", "é"]
    samples = signed(*[make_clip(1)] * len(names))
    samples = replace(samples, id=np.asarray(names, object), group=np.asarray(names[::-1], object))
    again, _ = there_and_back(replace(samples, group=np.asarray(["g/h"] * len(names), object)), "", tmp_path)
    assert again.id.tolist() == names
    files = [path.relative_to(tmp_path / "clips") for path in (tmp_path / "clips").rglob("*.pose")]
    assert len(files) == len(names)
    assert {len(path.parts) for path in files} == {3}
    assert {path.parts[0] for path in files} == {"g%2Fh"}


@pytest.mark.parametrize(
    ("suffix", "what"), [(".csv", "provenance"), ("", "provenance"), (".csv", "order of the class")]
)
def test_what_is_lost_is_said(tmp_path: Path, suffix: str, what: str):
    samples = make_samples(num_groups=1)
    backward = replace(samples, class_names=tuple("CBA"))
    assert what in " ".join(formats.write(tmp_path / f"clips{suffix}", backward))
    absent = replace(samples, class_names=tuple("ABCDEFG"))
    assert "classes without a clip (D, E, F and 1 more)" in formats.write(tmp_path / f"absent{suffix}", absent)
    samples.values[0] = 0
    corner = formats.write(tmp_path / f"corner{suffix}", samples)
    assert "were seen" in " ".join(corner)


def test_mistakes(tmp_path: Path):
    samples = make_samples(num_groups=1)

    def refused(said: str, path: Path, what: Samples | None = None) -> None:
        with pytest.raises(InputError, match=said):
            formats.write(path, what) if what else formats.read(path)

    refused("does not exist. Give a file .h5, .npz", tmp_path / "none.csv")
    refused("unknown suffix '.mp4'", tmp_path / "clips.mp4", samples)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    refused("exists and is not empty", tmp_path / "mine", samples)
    refused("exists and is not empty", tmp_path, samples)
    assert (tmp_path / "mine" / "thesis.tex").exists()
    pixels = replace(samples, values=samples.values * 640)
    for name in ("a.csv", "a.parquet", "a"):
        refused("clip 's00/A0': expected coordinates as shares of the picture", tmp_path / name, pixels)
        assert not (tmp_path / name).exists()
    nobody = replace(samples, group=np.asarray([""] * len(samples), object))
    refused("clip 0 has no group", tmp_path / "a.csv", nobody)
    formats.write(tmp_path / "poses", samples)
    (tmp_path / "poses" / "s00" / "A" / "A0.pose").unlink()
    refused(r"A0\.pose' does not exist", tmp_path / "poses")
    (tmp_path / "poses" / "clips.csv").write_text("file,id\nx,y\n")
    refused(r"clips\.csv' does not list clips|got no", tmp_path / "poses")
    np.savez(tmp_path / "half.npz", points=np.array(["wrist"]), X=np.zeros((1, 3)))
    refused(r"half\.npz' has names of points and no array offsets", tmp_path / "half.npz")
    pd.DataFrame({"frame": [1], "label": ["A"]}).to_parquet(tmp_path / "other.parquet")
    refused("has no column 'x0'", tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("y", np.zeros(4, np.int64), r"a value for each of 9 clips, got y \[4\]"),
        ("offsets", np.arange(9), "offsets that rise from 0 to the 9 frames"),
        ("offsets", np.array([0, 5, 3, 3, 4, 5, 6, 7, 8, 9]), "offsets that rise"),
        ("provenance", np.asarray("{"), "provenance is no JSON object"),
    ],
)
def test_arrays_that_somebody_changed_are_refused(tmp_path: Path, name: str, value: np.ndarray, said: str):
    formats.write(tmp_path / "a.npz", make_samples(num_groups=1))
    with np.load(tmp_path / "a.npz") as file:
        np.savez(tmp_path / "b.npz", **{**file, name: value})
    with pytest.raises(InputError, match=rf"b\.npz': .*{said}"):
        formats.read(tmp_path / "b.npz")


def test_labels_that_somebody_changed_in_a_table_are_the_classes(tmp_path: Path):
    formats.write(tmp_path / "a.parquet", make_samples(num_groups=1, clips=1))
    table = parquet.read_table(tmp_path / "a.parquet")
    labels = table.schema.get_field_index("label")
    parquet.write_table(table.set_column(labels, "label", pa.array(["A", "Z", "C"])), tmp_path / "b.parquet")
    assert formats.read(tmp_path / "b.parquet").class_names == ("A", "C", "Z")


@pytest.mark.parametrize("said", [{"aspect": 0.0}, {"aspect": 11.0}, {"fps": -1.0}])
def test_what_no_picture_can_be_is_refused(said: dict):
    with pytest.raises(InputError, match="expected a number above 0 and up to"):
        Otherwise(**said)


def test_a_failure_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "clips.npz"
    formats.write(path, make_samples(num_groups=1))
    before = path.read_bytes()
    with pytest.raises(InputError):
        formats.write(path, replace(make_samples(num_groups=1), aspect=np.zeros(9, np.float32)))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["clips.npz"]
    store.check(formats.read(path))
