"""The sample store: what is written is what is read, and what is broken is named."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import samples as store
from pipeline.errors import InputError
from tests.factories import make_samples


def assert_same(one: store.Samples, two: store.Samples) -> None:
    for name in ("values", "offsets", *store.PER_SAMPLE):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    assert (one.class_names, one.form, one.provenance) == (two.class_names, two.form, two.provenance)


def test_round_trip_keeps_ragged_clips_and_what_was_not_seen(tmp_path: Path):
    samples = make_samples(frames=(1, 6), missing=0.2, aspect=4 / 3)
    samples.values[~samples.seen] = np.nan
    store.write(tmp_path / "samples.h5", samples)
    again = store.read(tmp_path / "samples.h5")
    assert_same(samples, again)
    assert 0.1 < (~again.seen).mean() < 0.3
    assert len(store.read(tmp_path / "samples.h5", values=False).values) == 0


def with_rows(samples: store.Samples) -> store.Samples:
    count = len(samples.values)
    world = np.arange(count * 63, dtype=np.float32).reshape(count, 21, 3)
    world[0] = np.nan
    return replace(samples, rows={"world": world, "confidence": np.ones((count, 1), np.float32)})


def test_further_values_of_a_frame_are_kept_read_and_selected_with_it(tmp_path: Path):
    samples = with_rows(make_samples(frames=(1, 4)))
    store.write(tmp_path / "a.h5", samples)
    again = store.read(tmp_path / "a.h5")
    assert again.rows.keys() == {"world", "confidence"}
    for name, values in samples.rows.items():
        np.testing.assert_array_equal(again.rows[name], values)
    some = samples.select(np.array([2, 0]))
    start, end = samples.offsets[2:4]
    np.testing.assert_array_equal(some.rows["world"][: end - start], samples.rows["world"][start:end])
    assert len(some.rows["confidence"]) == len(some.values)
    assert not store.read(tmp_path / "a.h5", further=False).rows
    assert not store.read(tmp_path / "a.h5", values=False).rows
    store.write(tmp_path / "plain.h5", make_samples())
    assert not store.read(tmp_path / "plain.h5").rows
    with h5py.File(tmp_path / "plain.h5") as file:
        assert "rows" not in file  # as every store was written before


def test_the_same_samples_give_the_same_bytes(tmp_path: Path):
    for name in ("a.h5", "b.h5"):
        store.write(tmp_path / name, make_samples(frames=(1, 4)))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_point_at_the_origin_is_not_a_missing_one(tmp_path: Path):
    samples = make_samples(num_groups=1, clips=1, classes="A")
    samples.values[0, 0] = 0
    samples.values[0, 1] = np.nan
    store.write(tmp_path / "a.h5", samples)
    assert store.read(tmp_path / "a.h5").seen[0, :2].tolist() == [True, False]


def test_rows_reads_a_piece(tmp_path: Path):
    samples = make_samples(frames=2)
    store.write(tmp_path / "a.h5", samples)
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(store.rows(file, 4, 6), samples.clip(2))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 5))
def test_select_gives_those_clips_in_that_order(data: st.DataObject, seed: int):
    samples = make_samples(num_groups=2, frames=(1, 4), seed=seed)
    chosen = data.draw(st.lists(st.integers(0, len(samples) - 1), min_size=1, max_size=8))
    some = samples.select(np.asarray(chosen))
    assert some.id.tolist() == [samples.id[i] for i in chosen]
    for place, i in enumerate(chosen):
        np.testing.assert_array_equal(some.clip(place), samples.clip(i))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95])
def test_a_cut_off_file_is_named(tmp_path: Path, share: float):
    path = tmp_path / "samples.h5"
    store.write(path, make_samples(num_groups=20))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"samples\.h5' is not a whole sample store.*Delete it and run `dvc repro`"):
        store.read(path)


def test_a_missing_file_and_another_schema_are_named(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        store.read(tmp_path / "none.h5")
    path = tmp_path / "old.h5"
    store.write(path, make_samples())
    with h5py.File(path, "a") as file:
        file.attrs["schema"] = 99
    with pytest.raises(InputError, match="has schema 99, expected 2"):
        store.read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": np.full(9, "twin", object)}, "clip id 'twin' occurs 9 times"),
        ({"aspect": np.zeros(9, np.float32)}, r"clip 's00/A0' has no positive picture aspect.*8 more"),
        ({"target": np.array([0] * 8 + [3])}, "clip 's00/C2' has a label outside the 3 class names"),
        ({"values": np.zeros((9, 33, 3), np.float32)}, "expected 21 points × 3 coordinates a frame"),
        ({"values": np.full((9, 21, 3), np.inf, np.float32)}, "infinite value"),
        ({"rows": {"world": np.zeros((8, 21, 3))}}, "rows 'world': expected one for each of 9 frames, got 8"),
        ({"offsets": np.array([0, 0, *range(2, 10)])}, "clip 's00/A0' has no frames"),
    ],
)
def test_a_broken_promise_is_refused_before_anything_is_written(tmp_path: Path, change: dict, message: str):
    with pytest.raises(InputError, match=message):
        store.write(tmp_path / "a.h5", replace(make_samples(num_groups=1), **change))
    assert not list(tmp_path.iterdir())


def test_no_clips_are_refused():
    with pytest.raises(InputError, match="gave no clips"):
        store.check(make_samples().select(np.array([], int)))
