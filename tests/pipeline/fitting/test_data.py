"""Batches: clip i says its number in every x and the frame in every y, so one sees where each value went."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline import samples as store
from pipeline.fitting.data import BUFFER_CHUNKS, CHUNK_CLIPS, Batch, Clips, batches, open_clips
from pipeline.samples import Samples, from_clips

SEVERAL_BUFFERS = BUFFER_CHUNKS * CHUNK_CLIPS + 900
memory_and_disk = pytest.mark.parametrize("memory_mb", [1000.0, 0.0], ids=["memory", "disk"])


def make_numbered(lengths: Sequence[int]) -> Samples:
    clips = []
    for number, length in enumerate(lengths):
        clip = np.zeros((length, 21, 3), np.float32)
        clip[..., 0] = number
        clip[..., 1] = np.arange(length)[:, None]
        clips.append(clip)
    each = range(len(clips))
    return from_clips(
        clips,
        target=[i % 3 for i in each],
        group=["g" for _ in each],
        ids=[str(i) for i in each],
        aspect=[i + 1.0 for i in each],
        fps=[i + 2.0 for i in each],
        handedness=[float(i % 2) for i in each],
        class_names=("A", "B", "C"),
    )


def open_numbered(
    folder: Path, lengths: Sequence[int], memory_mb: float, indices: Sequence[int] | None = None
) -> Clips:
    store.write(folder / "samples.h5", make_numbered(lengths))
    chosen = np.arange(len(lengths)) if indices is None else np.asarray(indices)
    clips = open_clips(folder / "samples.h5", chosen, memory_mb=memory_mb)
    assert (clips.path is None) == (memory_mb > 0)
    assert len(clips) == len(chosen)
    return clips


def numbers(batch: Batch) -> list[int]:
    return batch.inputs[0][:, 0, 0, 0].int().tolist()


def frames(batch: Batch) -> Tensor:
    """The frame numbers of each clip, [B, T]; NaN where the clip is over."""
    return batch.inputs[0][:, :, 0, 1]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@memory_and_disk
def test_an_epoch_has_every_clip_exactly_once(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [1] * SEVERAL_BUFFERS, memory_mb)
    every = list(batches(clips, size=256, length=1, generator=generator()))
    assert sorted(n for batch in every for n in numbers(batch)) == list(range(SEVERAL_BUFFERS))
    assert max(len(batch.target) for batch in every) == 256


@memory_and_disk
def test_the_columns_of_a_clip_stay_with_it(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [1, 3, 2, 1, 4], memory_mb)
    for batch in batches(clips, size=2, length=2, generator=generator()):
        number = batch.inputs[0][:, 0, 0, 0]
        assert torch.equal(batch.inputs[1], number + 1)
        assert torch.equal(batch.inputs[2], number + 2)
        assert torch.equal(batch.inputs[3], number % 2)
        assert torch.equal(batch.target, number.long() % 3)


@memory_and_disk
def test_only_the_chosen_clips_in_the_order_of_the_store(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [2, 1, 3, 1, 2, 1], memory_mb, indices=[4, 0, 3])
    assert [numbers(batch) for batch in batches(clips, size=2, length=None)] == [[0, 3], [4]]
    shuffled = [n for batch in batches(clips, size=2, length=1, generator=generator()) for n in numbers(batch)]
    assert sorted(shuffled) == [0, 3, 4]


@memory_and_disk
def test_whole_clips_end_in_nan_up_to_the_longest_of_the_batch(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [1, 3, 2], memory_mb)
    (batch,) = batches(clips, size=3, length=None)
    expected_BT = torch.tensor([[0, torch.nan, torch.nan], [0, 1, 2], [0, 1, torch.nan]])
    torch.testing.assert_close(frames(batch), expected_BT, equal_nan=True)
    assert torch.equal(batch.inputs[0].isnan().all((2, 3)), expected_BT.isnan())
    assert torch.equal(batch.inputs[0].isnan().any((2, 3)), expected_BT.isnan())


@memory_and_disk
def test_a_point_that_was_not_seen_is_nan(tmp_path: Path, memory_mb: float):
    samples = make_numbered([1, 2])
    samples.values[1, 7] = np.nan
    store.write(tmp_path / "samples.h5", samples)
    (batch,) = batches(open_clips(tmp_path / "samples.h5", np.arange(2), memory_mb=memory_mb), size=2, length=1)
    assert torch.argwhere(batch.inputs[0][..., 0].isnan()).tolist() == [[1, 0, 7]]


@memory_and_disk
def test_without_a_generator_a_cut_is_from_the_middle(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [6, 2, 1], memory_mb)
    (batch,) = batches(clips, size=3, length=2)
    torch.testing.assert_close(frames(batch), torch.tensor([[2, 3], [0, 1], [0, torch.nan]]), equal_nan=True)


@memory_and_disk
def test_a_random_cut_is_of_neighbours_and_may_start_anywhere(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [4] * 200, memory_mb)
    (batch,) = batches(clips, size=200, length=2, generator=generator())
    assert torch.equal(frames(batch).diff(dim=1), torch.ones(200, 1))
    assert set(frames(batch)[:, 0].int().tolist()) == {0, 1, 2}


@memory_and_disk
def test_the_generator_decides_order_and_cut(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [1, 2, 3, 4] * 300, memory_mb)

    def epoch(seed: int) -> Tensor:
        return torch.cat([b.inputs[0] for b in batches(clips, size=64, length=2, generator=generator(seed))])

    torch.testing.assert_close(epoch(1), epoch(1), rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(epoch(1)[..., 0, 0], epoch(2)[..., 0, 0])


def test_the_streamed_order_mixes_chunks_and_their_clips(tmp_path: Path):
    clips = open_numbered(tmp_path, [1] * SEVERAL_BUFFERS, 0.0)
    every = [numbers(batch) for batch in batches(clips, size=256, length=1, generator=generator(1))]
    chunks = [{n // CHUNK_CLIPS for n in batch} for batch in every]
    assert len(chunks[0]) >= BUFFER_CHUNKS - 1  # a batch is drawn from all chunks of its buffer
    assert every[0] != sorted(every[0])
    first_buffer = {n // CHUNK_CLIPS for batch in every[: BUFFER_CHUNKS * CHUNK_CLIPS // 256 - 1] for n in batch}
    assert first_buffer != set(range(BUFFER_CHUNKS))  # which chunks meet in a buffer is drawn, too


def test_from_memory_the_whole_store_is_mixed(tmp_path: Path):
    clips = open_numbered(tmp_path, [1] * 2000, 1000.0)
    first = numbers(next(batches(clips, size=256, length=1, generator=generator())))
    assert min(first) < 100
    assert max(first) > 1900


def test_memory_and_disk_give_the_same_clips(tmp_path: Path):
    lengths = [1 + i % 5 for i in range(700)]
    indices = np.random.default_rng(0).permutation(700)[:500].tolist()
    of_memory, of_disk = (
        list(batches(open_numbered(tmp_path, lengths, memory_mb, indices), size=500, length=None))
        for memory_mb in (1000.0, 0.0)
    )
    for one, two in zip(of_memory[0], of_disk[0], strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0, equal_nan=True)


def test_a_store_is_in_memory_up_to_its_size(tmp_path: Path):
    store.write(tmp_path / "samples.h5", make_numbered([2] * 10))
    size_mb = 20 * 21 * 3 * 4 / 2**20
    assert open_clips(tmp_path / "samples.h5", np.arange(3), memory_mb=size_mb).path is None
    assert open_clips(tmp_path / "samples.h5", np.arange(3), memory_mb=size_mb * 0.99).path == tmp_path / "samples.h5"


@memory_and_disk
def test_clips_of_similar_lengths_meet_and_each_comes_once(tmp_path: Path, memory_mb: float):
    lengths = [1 + 7 * i % 60 for i in range(600)]
    clips = open_numbered(tmp_path, lengths, memory_mb)
    mixed, similar = (
        list(batches(clips, size=32, length=None, by_length=by_length, generator=generator()))
        for by_length in (False, True)
    )
    assert sorted(n for batch in similar for n in numbers(batch)) == list(range(600))
    assert len(similar) == len(mixed)

    def padding(every: list[Batch]) -> float:
        return 1 - sum(lengths) / sum(batch.inputs[0].shape[0] * batch.inputs[0].shape[1] for batch in every)

    assert padding(mixed) > 0.4
    assert padding(similar) < 0.1
    widths = [batch.inputs[0].shape[1] for batch in similar]
    assert widths != sorted(widths)
    again = list(batches(clips, size=32, length=None, by_length=True, generator=generator()))
    assert [numbers(batch) for batch in again] == [numbers(batch) for batch in similar]
    other = list(batches(clips, size=32, length=None, by_length=True, generator=generator(1)))
    assert {*map(frozenset, map(numbers, other))} != {*map(frozenset, map(numbers, similar))}


def test_without_a_generator_they_come_from_short_to_long(tmp_path: Path):
    clips = open_numbered(tmp_path, [3, 1, 2, 1, 3], 1000.0)
    assert [numbers(batch) for batch in batches(clips, size=2, length=None, by_length=True)] == [[1, 3], [2, 0], [4]]


@memory_and_disk
def test_a_longer_clip_is_cut_to_the_most_and_a_shorter_one_is_whole(tmp_path: Path, memory_mb: float):
    clips = open_numbered(tmp_path, [9] * 20 + [2] * 20, memory_mb)
    starts: set[int] = set()
    for batch in batches(clips, size=10, length=None, most=4, by_length=True, generator=generator()):
        long = numbers(batch)[0] < 20
        assert batch.inputs[0].shape[1] == (4 if long else 2)
        assert torch.equal(frames(batch).diff(dim=1), torch.ones(10, batch.inputs[0].shape[1] - 1))
        starts |= set(frames(batch)[:, 0].int().tolist()) if long else set()
    assert len(starts) > 1


def test_cuts_of_one_length_are_drawn_as_ever():
    """An order and a start for each clip, batch by batch: what `letters` trained on stays what it trains on."""
    samples, draws = make_numbered([5] * 6), generator(3)
    order = draws.permutation(6)
    for start, batch in zip((0, 4), batches_of_two_frames(samples), strict=True):
        assert numbers(batch) == order[start : start + 4].tolist()
        assert frames(batch)[:, 0].tolist() == draws.integers(0, np.full(len(batch.target), 4)).tolist()


def batches_of_two_frames(samples: Samples) -> list[Batch]:
    clips = Clips(samples=samples, indices=np.arange(len(samples)))
    return list(batches(clips, size=4, length=2, generator=generator(3)))
