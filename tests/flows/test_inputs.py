"""Clips out of tables, JSON and sample stores; what is wrong is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flows.inputs import Unlabelled, read_clips
from pipeline import formats
from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.samples import Samples
from tests.bodies import keypoints, make_clip, signed
from tests.factories import make_hand, make_samples

HAND = make_hand().tolist()
SAID = Unlabelled(aspect=1.5, fps=25.0, handedness=0.0)


def read(path: Path, skeleton: str = "hand") -> Samples:
    return read_clips(path, otherwise=SAID, form=skeleton)


def written(folder: Path, content: Any) -> Path:
    path = folder / "clips.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def table() -> pd.DataFrame:
    columns = [f"{axis}{point}" for point in range(21) for axis in "xyz"]
    return pd.DataFrame(np.stack([make_hand(turn_deg=turn).ravel() for turn in (0, 30)]), columns=columns)


@pytest.mark.parametrize(
    ("content", "lengths"),
    [
        (HAND, [1]),
        ([HAND, HAND], [2]),
        ([[HAND, HAND], [HAND]], [2, 1]),
        ({"clips": [[HAND], [HAND, HAND]]}, [1, 2]),
        ({"clips": HAND}, [1]),
    ],
)
def test_json_is_a_frame_a_clip_or_clips(tmp_path: Path, content: Any, lengths: list[int]) -> None:
    samples = read(written(tmp_path, content))
    assert samples.lengths.tolist() == lengths
    assert samples.id.tolist() == [f"clips/{i}" for i in range(len(lengths))]
    np.testing.assert_array_equal(samples.clip(0)[0], make_hand())
    assert (samples.aspect[0], samples.fps[0], samples.handedness[0]) == (1.5, 25.0, 0.0)


def test_what_json_says_of_the_picture_wins(tmp_path: Path) -> None:
    samples = read(written(tmp_path, {"clips": [[HAND]], "aspect": 2.0, "fps": 10, "handedness": 1}))
    assert (samples.aspect[0], samples.fps[0], samples.handedness[0]) == (2.0, 10.0, 1.0)


def test_null_is_not_seen(tmp_path: Path) -> None:
    samples = read(written(tmp_path, [[None, [0.5, None, 0.0], *HAND[2:]]]))
    assert samples.seen[0].tolist() == [False, False] + [True] * 19


@pytest.mark.parametrize("content", [[None, *HAND[1:]], [[None] * 21, HAND], [[[None] * 21], [HAND]]])
def test_what_comes_first_may_be_null(tmp_path: Path, content: Any) -> None:
    assert read(written(tmp_path, content)).seen.any()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not readable JSON"),
        ({"clip": HAND}, "expected `clips`, got clip"),
        ({}, "expected `clips`, got nothing"),
        ([], "holds no clips"),
        (5, "expected numbers"),
        ("null", "expected numbers"),
        ([[HAND[:20]]], r"clip 0: expected \[frames, 21, 3\], got \[1, 20, 3\]"),
        ([[HAND], [[*HAND[:20], [1, 2]]]], "clip 1: expected numbers"),
        ([[["x", 0, 0], *HAND[1:]]], "clip 0: expected numbers"),
        ({"clips": [[HAND]], "fps": "fast"}, "fps: expected a number"),
        ({"clips": [[HAND]], "aspect": -1}, "no positive picture aspect"),
        ({"clips": [[HAND]], "aspect": [1.0, 2.0]}, "aspect: expected a number, or one for each of 1 clip"),
    ],
)
def test_bad_json_is_named(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(written(tmp_path, content))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".CSV"])
def test_a_table_is_a_clip_a_row(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    table().to_parquet(path) if suffix == ".parquet" else table().assign(label="A").to_csv(path, index=False)
    samples = read(path)
    assert samples.lengths.tolist() == [1, 1]
    assert samples.aspect.tolist() == [1.5, 1.5]
    np.testing.assert_allclose(samples.clip(1)[0], make_hand(turn_deg=30), atol=1e-6)


def test_a_table_without_a_point_is_named(tmp_path: Path) -> None:
    table().drop(columns="z7").to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(InputError, match=r"rows\.csv' has no column 'z7'"):
        read(tmp_path / "rows.csv")


def test_a_sample_store_is_read_as_it_is(tmp_path: Path) -> None:
    made = make_samples(num_groups=1, frames=2)
    store.write(tmp_path / "samples.h5", made)
    assert read(tmp_path / "samples.h5").id.tolist() == made.id.tolist()
    (tmp_path / "cut.h5").write_bytes((tmp_path / "samples.h5").read_bytes()[:500])
    with pytest.raises(InputError, match=r"cut\.h5' is not a whole sample store"):
        read(tmp_path / "cut.h5")


@pytest.mark.parametrize(
    ("name", "said"),
    [("clip.mp3", r"expected one of \.h5, \.npz"), ("clip.mp4", "does not exist"), ("clip.json", "does not exist")],
)
def test_other_files_and_missing_ones(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path / name)


def test_keypoints_are_whole_body_clips(tmp_path: Path) -> None:
    frames = keypoints(make_clip(4), "pose:xyzv", "left_hand:xyz", "right_hand:xyz")
    np.save(tmp_path / "one.npy", frames)
    np.savez(tmp_path / "two.npz", X=frames.reshape(2, 2, 258), y=np.array(["tea", "no"]), fps=12.0)
    one, two = (read(tmp_path / name, "holistic") for name in ("one.npy", "two.npz"))
    assert (one.id.tolist(), one.lengths.tolist(), one.form) == (["one"], [4], "holistic")
    assert (two.id.tolist(), two.lengths.tolist()) == (["two/0", "two/1"], [2, 2])
    assert (one.aspect.tolist(), one.fps.tolist()) == ([1.5], [25.0])
    assert two.fps.tolist() == [12.0, 12.0]
    np.testing.assert_array_equal(one.values, make_clip(4))
    np.save(tmp_path / "hands_first.npy", make_clip(4).reshape(4, 225))
    said = Unlabelled(aspect=1.5, layout="hands_pose_xyz")
    samples = read_clips(tmp_path / "hands_first.npy", otherwise=said, form="holistic")
    np.testing.assert_array_equal(samples.values, make_clip(4))


def test_a_parquet_file_is_a_table_of_a_hand_or_a_whole_body_clip(tmp_path: Path) -> None:
    table().to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(InputError, match=r"rows\.parquet' holds points of 'hand', the model reads those of 'holistic'"):
        read(tmp_path / "rows.parquet", "holistic")
    wrist = {"frame": [7, 8], "type": ["pose"] * 2, "landmark_index": [15] * 2, "x": 0.1, "y": 0.2, "z": 0.3}
    pd.DataFrame(wrist).to_parquet(tmp_path / "clip.parquet")
    samples = read(tmp_path / "clip.parquet", "holistic")
    assert (samples.lengths.tolist(), samples.seen.sum()) == ([2], 2)


def test_json_may_hold_whole_bodies(tmp_path: Path) -> None:
    samples = read(written(tmp_path, make_clip(3).tolist()), "holistic")
    np.testing.assert_array_equal(samples.clip(0), make_clip(3))


def test_arrays_without_names_are_whole_bodies(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected one of \.h5, .*\.json\."):
        read(tmp_path / "clip.npy")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_what_convert_writes_is_read_clip_by_clip_with_its_labels(tmp_path: Path, suffix: str) -> None:
    for made in (
        make_samples(num_groups=1, frames=(2, 4)),
        signed(make_clip(3), make_clip(2), target=[1, 0], class_names=("no", "tea")),
    ):
        formats.write(tmp_path / f"made{suffix}", made)
        samples = read(tmp_path / f"made{suffix}", made.form)
        assert samples.id.tolist() == made.id.tolist()
        assert samples.offsets.tolist() == made.offsets.tolist()
        assert [samples.class_names[k] for k in samples.target] == [made.class_names[k] for k in made.target]


def test_a_clip_in_which_nothing_is_seen_is_answered_rather_than_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "blank.npy", np.zeros((3, 126), np.float32))
    assert not read(tmp_path / "blank.npy", "holistic").seen.any()
