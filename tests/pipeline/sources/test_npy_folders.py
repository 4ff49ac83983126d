"""Keypoints in folders: a file a clip, a file a frame, with signers above them; each mistake is named."""

import io
from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.sources.keypoint_layouts import NAMED
from tests.bodies import RIGHT, keypoints, make_clip

HANDS = NAMED["hands"].split()


def read(path: Path, **options) -> store.Samples:
    return sources.read(LandmarkClips(source="landmark_clips", path=str(path), **options))


def save(path: Path, frames: int = 2, value: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, keypoints(make_clip(frames), *HANDS) if value is None else value)
    return path


def refused(path: Path, message: str, **options) -> None:
    with pytest.raises(InputError, match=message):
        read(path, **options)


def test_a_file_is_a_clip(tmp_path: Path):
    for name, frames in (("tea/10", 5), ("tea/2", 3), ("no/1", 4)):
        save(tmp_path / f"{name}.npy", frames)
    (tmp_path / "tea" / ".hidden.npy").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("x")
    samples = read(tmp_path, fps=25, aspect=1.5)
    store.check(samples)
    assert samples.form == "holistic"
    assert samples.class_names == ("no", "tea")
    assert samples.id.tolist() == ["no/1", "tea/2", "tea/10"]
    assert samples.target.tolist() == [0, 1, 1]
    assert samples.lengths.tolist() == [4, 3, 5]
    assert set(samples.group) == {tmp_path.name}
    assert (set(samples.fps), set(samples.aspect)) == ({25.0}, {1.5})
    assert np.isnan(samples.handedness).all()


def test_a_folder_of_frames_is_a_clip_in_the_order_of_their_numbers(tmp_path: Path):
    clip = keypoints(make_clip(12, right=0.01), *HANDS)
    for frame in range(12):
        save(tmp_path / "tea" / "0" / f"{frame}.npy", value=clip[frame])
    samples = read(tmp_path)
    assert samples.id.tolist() == ["tea/0"]
    assert samples.class_names == ("tea",)
    np.testing.assert_array_equal(samples.values[:, RIGHT], make_clip(12, right=0.01)[:, RIGHT])


def test_blocks_of_numbers_are_sessions(tmp_path: Path):
    for number in (0, 29, 30, 59, 60):
        save(tmp_path / "tea" / f"{number}.npy")
    assert read(tmp_path, seq_block=30).group.tolist() == [f"block_{k:02d}" for k in (0, 0, 1, 1, 2)]
    save(tmp_path / "tea" / "last.npy")
    refused(tmp_path, r"last\.npy': data\.seq_block counts clips, expected a number, got 'last'", seq_block=30)


def test_a_folder_above_the_labels_is_the_signer(tmp_path: Path):
    for name in ("mia/tea/1", "leo/tea/1", "leo/no/1"):
        save(tmp_path / f"{name}.npy")
    samples = read(tmp_path, group_folder=True)
    assert samples.id.tolist() == ["leo/no/1", "leo/tea/1", "mia/tea/1"]
    assert samples.group.tolist() == ["leo", "leo", "mia"]
    save(tmp_path / "tea" / "1.npy")
    refused(tmp_path, r"1\.npy': expected clips under '.*' as GROUP/LABEL/CLIP, got 'tea/1\.npy'", group_folder=True)


def test_classes_choose_before_anything_is_read(tmp_path: Path):
    for label in ("no", "tea", "water"):
        for number in range(4):
            save(tmp_path / label / f"{number}.npy")
    (tmp_path / "no" / "2.npy").write_bytes(b"cut off")
    samples = read(tmp_path, classes=("water", "tea"), max_per_class=2)
    assert samples.class_names == ("water", "tea")
    assert samples.id.tolist() == ["tea/0", "tea/3", "water/0", "water/3"]
    assert samples.provenance["clips_read"] == 12
    assert samples.provenance["clips_left_out"] == {"label not in classes": 4, "above max_per_class": 4}
    refused(tmp_path, r"data\.classes: 'coffee' does not occur in .* It has 'no', 'tea', 'water'", classes=("coffee",))


def test_clips_that_show_too_little_are_left_out(tmp_path: Path):
    half = make_clip(4)
    half[2:] = np.nan
    save(tmp_path / "tea" / "0.npy", 4)
    save(tmp_path / "tea" / "1.npy", value=keypoints(half, *HANDS))
    save(tmp_path / "tea" / "2.npy", value=np.zeros((4, 126)))
    save(tmp_path / "tea" / "3.npy", value=np.full((4, 126), np.nan))
    refused(tmp_path, r"3\.npy': expected keypoints, got NaN throughout.*data\.min_seen: 1")
    assert read(tmp_path, min_seen=1).id.tolist() == ["tea/0", "tea/1"]
    samples = read(tmp_path, min_seen=3)
    assert samples.id.tolist() == ["tea/0"]
    assert samples.provenance["clips_left_out"] == {"seen in fewer than 3 frames": 3}
    refused(tmp_path, r"no clip shows a hand or the pose in 9 frames \(data\.min_seen\)", min_seen=9)
    (tmp_path / "tea" / "3.npy").unlink()
    assert len(read(tmp_path)) == 3, "zeros are a clip without a hand"


def test_without_labels_any_clip_is_taken(tmp_path: Path):
    save(tmp_path / "1.npy")
    save(tmp_path / "deep" / "er" / "2.npy")
    refused(tmp_path, r"1\.npy': expected clips under '.*' as LABEL/CLIP, got '1\.npy'")
    samples = read(tmp_path, labelled=False)
    assert samples.class_names == ("",)
    assert samples.id.tolist() == ["1", "deep/er/2"]
    one = read(tmp_path / "1.npy", labelled=False)
    assert (one.id.tolist(), one.lengths.tolist()) == (["1"], [2])
    save(tmp_path / "frame.npy", value=keypoints(make_clip(1), *HANDS)[0])
    assert read(tmp_path / "frame.npy", labelled=False).lengths.tolist() == [1]


def test_a_tree_of_another_depth_is_refused_rather_than_labelled_by_chance(tmp_path: Path):
    save(tmp_path / "tea" / "0" / "0.npy", frames=1)
    refused(tmp_path, r"0\.npy': expected clips under '.*' as LABEL/CLIP, got 'tea/0/0\.npy'")
    assert read(tmp_path, group_folder=True).class_names == ("0",)


def test_damaged_files_are_named(tmp_path: Path):
    path = save(tmp_path / "tea" / "1.npy")
    whole = path.read_bytes()
    for size in (0, 5, 60, len(whole) - 3):
        path.write_bytes(whole[:size])
        refused(tmp_path, r"1\.npy'(: expected an array of numbers| is not a whole NumPy file)")
    np.save(path, np.array([{"pose": 1}], dtype=object), allow_pickle=True)
    refused(tmp_path, r"1\.npy': expected an array of numbers, got Python objects.*np\.save")
    np.save(path, np.array(["a"]))
    refused(tmp_path, r"1\.npy': expected numbers, got <U1")
    np.save(path, np.float32(1))
    refused(tmp_path, r"1\.npy': expected one array")
    archive = io.BytesIO()
    np.savez(archive, X=np.zeros(3))
    path.write_bytes(archive.getvalue())
    refused(tmp_path, r"1\.npy': expected one array")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((2, 63)), r"2\.npy': expected 126 numbers a frame as in the first clip, got 63"),
        (np.zeros((2, 2, 63)), r"2\.npy': expected a clip \[frames, 126\], got \[2, 2, 63\]"),
        (np.zeros((0, 126)), r"2\.npy': expected at least one frame, got none"),
        (np.full((2, 126), 300.0), r"2\.npy' frame 0, left_hand_wrist: .*pixels"),
    ],
)
def test_an_unusual_clip_is_named(tmp_path: Path, value: np.ndarray, message: str):
    save(tmp_path / "tea" / "1.npy")
    save(tmp_path / "tea" / "2.npy", value=value)
    refused(tmp_path, message)


def test_an_unusual_frame_is_named(tmp_path: Path):
    frame = keypoints(make_clip(1), *HANDS)[0]
    for number in range(2):
        save(tmp_path / "tea" / "0" / f"{number}.npy", value=frame)
    save(tmp_path / "tea" / "0" / "2.npy")
    refused(tmp_path, r"2\.npy': expected one frame \[126\], got \[2, 126\]")
    save(tmp_path / "tea" / "0" / "2.npy", value=frame[:63])
    refused(tmp_path, r"2\.npy': expected 126 numbers a frame as in the first clip, got 63")


def test_what_lies_at_the_path_decides(tmp_path: Path):
    refused(tmp_path / "none", "does not exist")
    refused(tmp_path, "got nothing at")
    refused(tmp_path, r"holds no \.npy file", format="npy")
    (tmp_path / "notes.txt").write_text("x")
    refused(tmp_path / "notes.txt", r"got '\.txt' at")
    save(tmp_path / "tea" / "1.npy")
    (tmp_path / "tea" / "1.pose").write_bytes(b"")
    refused(
        tmp_path, r"one kind of \.npy, \.npz, \.parquet, \.pose files.*got '\.npy', '\.pose' at .*name data\.format"
    )
    assert len(read(tmp_path, format="npy")) == 1
