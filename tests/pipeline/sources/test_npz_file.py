"""Many clips in one .npz: labels, sessions and signers by their arrays; each mistake is named."""

from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.sources.keypoint_layouts import NAMED
from tests.bodies import keypoints, make_clip

SIGNS = Path(__file__).parents[3] / ".." / "shared" / "data" / "signs"
FRAMES = keypoints(make_clip(6), *NAMED["pose_hands"].split())
X = FRAMES.reshape(3, 2, 258)
Y = np.array(["tea", "no", "tea"])


def read(path: Path, **options) -> store.Samples:
    return sources.read(LandmarkClips(source="landmark_clips", path=str(path), **options))


def saved(folder: Path, **arrays) -> Path:
    np.savez(folder / "signs.npz", **arrays)
    return folder / "signs.npz"


def test_clips_of_one_length(tmp_path: Path):
    path = saved(tmp_path, X=X, y=Y)
    samples = read(path, fps=10)
    store.check(samples)
    assert samples.class_names == ("no", "tea")
    assert samples.target.tolist() == [1, 0, 1]
    assert samples.id.tolist() == ["signs/0", "signs/1", "signs/2"]
    assert samples.lengths.tolist() == [2, 2, 2]
    assert set(samples.group) == {"signs"}
    assert samples.fps.tolist() == [10, 10, 10]
    np.testing.assert_array_equal(samples.clip(1), make_clip(6)[2:4])
    assert set(samples.provenance["files"]) == {"signs.npz"}


def test_clips_of_any_length_lie_end_to_end(tmp_path: Path):
    samples = read(saved(tmp_path, X=FRAMES, y=Y, offsets=np.array([0, 1, 3, 6])))
    assert samples.lengths.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(samples.clip(2), make_clip(6)[3:])


def test_labels_may_be_numbers_with_names_or_without(tmp_path: Path):
    names = np.array(["water", "tea", "no"])
    assert read(saved(tmp_path, X=X, y=np.array([2, 0, 2]), class_names=names)).class_names == ("no", "water")
    assert read(saved(tmp_path, X=X, y=np.array([7, 10, 7]))).class_names == ("10", "7")


def test_groups_are_the_files_own_or_blocks_of_seq(tmp_path: Path):
    path = saved(tmp_path, X=X, y=Y, seq=np.array(["3", "29", "30"]))
    assert read(path, seq_block=30).group.tolist() == ["block_00", "block_00", "block_01"]
    assert read(saved(tmp_path, X=X, y=Y, seq=np.array([3, 29, 30])), seq_block=10).group.tolist() == [
        "block_00",
        "block_02",
        "block_03",
    ]
    path = saved(tmp_path, X=X, y=Y, group=np.array(["mia", "leo", "mia"]))
    assert read(path, seq_block=30).group.tolist() == ["mia", "leo", "mia"]


def test_what_the_file_says_of_the_picture_wins(tmp_path: Path):
    samples = read(saved(tmp_path, X=X, y=Y, fps=12.5, aspect=np.array([1.0, 2.0, 1.5])), fps=30)
    assert samples.fps.tolist() == [12.5] * 3
    assert samples.aspect.tolist() == [1.0, 2.0, 1.5]


def test_without_labels_y_is_not_needed(tmp_path: Path):
    assert read(saved(tmp_path, X=X), labelled=False).class_names == ("",)


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"x": X}, {}, r"signs\.npz': expected arrays X \(keypoints\) and y \(labels\), got x\. Name them so"),
        ({"X": X}, {}, r"got X\. .*without y set data\.labelled: false"),
        ({"X": X, "y": Y[:2]}, {}, r"array y: expected one for each of 3 clips, got \[2\]"),
        ({"X": X, "y": np.array(["", "", ""])}, {}, "every label is empty"),
        ({"X": X[:0], "y": Y[:0]}, {}, "holds no clips"),
        ({"X": X[:, :0], "y": Y}, {}, r"signs\.npz' clip 0: expected at least one frame"),
        ({"X": X * np.nan, "y": Y}, {}, r"clip 0: expected keypoints, got NaN throughout"),
        ({"X": X * 0, "y": Y}, {"min_seen": 1}, r"no clip shows a hand or the pose in 1 frames .*zero throughout"),
        ({"X": X[..., :100], "y": Y}, {}, r"expected 1662, 258, .* numbers a frame, got 100"),
        ({"X": X.astype(str), "y": Y}, {}, r"array X: expected numbers, got <U"),
        ({"X": FRAMES, "y": Y}, {}, r"or X \[frames, numbers\] with offsets \[clips \+ 1\], got X \[6, 258\]"),
        ({"X": FRAMES, "y": Y, "offsets": np.array([0, 1, 3, 7])}, {}, r"rise from 0 to the 6 frames.*\[0 1 3 7\]"),
        ({"X": FRAMES, "y": Y, "offsets": np.array([0, 4, 3, 6])}, {}, "array offsets: expected whole numbers"),
        ({"X": FRAMES, "y": Y, "offsets": np.array([0.0, 6.0])}, {}, "array offsets: expected whole numbers"),
        ({"X": X, "y": Y, "fps": np.array([10, 0, 10])}, {}, "array fps, clip 1: expected a number above 0, got 0"),
        ({"X": X, "y": Y, "aspect": np.array("wide")}, {}, "array aspect: expected numbers, got <U4"),
        ({"X": X, "y": Y}, {"seq_block": 30}, r"data\.seq_block needs an array seq, got X, y"),
        ({"X": X, "y": Y, "seq": np.array(["1", "b", "2"])}, {"seq_block": 30}, "clip 1: .*a number, got 'b'"),
        ({"X": X, "y": np.array([0, 1, 3]), "class_names": Y}, {}, "clip 2: expected y from 0 to 2.*got 3"),
        ({"X": X, "y": Y, "class_names": Y}, {}, "clip 0: expected y from 0 to 2.*got tea"),
        ({"X": X, "y": Y}, {"classes": ("coffee",)}, r"'coffee' does not occur in .* It has 'no', 'tea'"),
        ({"X": X, "y": Y}, {"layout": "hands"}, r"expected 126 numbers a frame \(data\.layout 'hands'\), got 258"),
    ],
)
def test_mistakes_in_an_array(tmp_path: Path, arrays: dict, options: dict, message: str):
    with pytest.raises(InputError, match=message):
        read(saved(tmp_path, **arrays), **options)


def test_python_objects_are_not_unpickled(tmp_path: Path):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [X[0], X[1]]
    with pytest.raises(InputError, match=r"signs\.npz': .*got Python objects.*X of an \.npz, with offsets"):
        read(saved(tmp_path, X=ragged, y=Y[:2]))


def test_damaged_files_are_named(tmp_path: Path):
    whole = saved(tmp_path, X=X, y=Y).read_bytes()
    for size in (0, 3, 100, len(whole) // 2, len(whole) - 10):
        (tmp_path / "cut.npz").write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.npz'(: expected an array| is not a whole NumPy file)"):
            read(tmp_path / "cut.npz")
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 255
    (tmp_path / "cut.npz").write_bytes(bytes(flipped))
    with pytest.raises(InputError, match=r"cut\.npz' is not a whole NumPy file"):
        read(tmp_path / "cut.npz")
    np.save(tmp_path / "one.npy", X)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    with pytest.raises(InputError, match=r"one\.npz': expected an \.npz with arrays X and y, got a single array"):
        read(tmp_path / "one.npz")


@pytest.mark.data
def test_the_real_words():
    if not SIGNS.exists():
        pytest.skip(f"no real clips in {SIGNS}")
    samples = read(SIGNS / "traduttore_words.npz", seq_block=30)
    store.check(samples)
    assert (len(samples), len(samples.class_names)) == (4693, 33)
    assert set(samples.lengths) == {20}
    hands = np.logical_or.reduceat(samples.seen[:, :42].any(-1), samples.offsets[:-1])
    assert (~hands).sum() == 203
    assert (~hands).mean() == pytest.approx(0.043, abs=0.001)
    assert sorted(set(samples.group)) == [f"block_{k:02d}" for k in range(15)]
    assert (~np.logical_or.reduceat(samples.seen.any(-1), samples.offsets[:-1])).sum() == 60


@pytest.mark.data
def test_the_real_letters_have_no_pose():
    if not SIGNS.exists():
        pytest.skip(f"no real clips in {SIGNS}")
    samples = read(SIGNS / "traduttore_letters.npz", seq_block=30, min_seen=1)
    assert len(samples.class_names) == 28
    assert samples.provenance["clips_left_out"] == {"seen in fewer than 1 frames": 29}
    assert len(samples) == 3150 - 29
    assert not samples.seen[:, 42:].any()
