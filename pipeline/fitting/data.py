"""Batches of clips: from memory where the store fits, else streamed from disk in shuffled chunks.

Random rows of a compressed HDF5 file cost about a hundred times contiguous ones; so above `memory_mb` whole
chunks are read in a shuffled order into a buffer, and the buffer is shuffled. Whole clips are padded to the longest of
their batch; so clips of similar lengths meet in one, among so many that chance still decides which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline import samples as store
from pipeline.form import form as named
from pipeline.samples import Samples

CHUNK_CLIPS = 512
BUFFER_CHUNKS = 8
POOL_BATCHES = 16  # are sorted by length together: more leave less padding, fewer more to chance


class Batch(NamedTuple):
    """Some samples as a recognizer takes them.

    inputs  by the form's order, the values first; NaN where not seen, and past the end of a shorter clip
    target  [B]
    """

    inputs: tuple[Tensor, ...]
    target: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(tuple(tensor.to(device) for tensor in self.inputs), self.target.to(device))


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Chosen clips of a store, in memory (`path` None) or on disk (`samples` then lacks the values)."""

    samples: Samples
    indices: NDArray[np.int64]
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def longest(self) -> int:
        """Returns the frames of the longest clip."""
        return int(self.samples.lengths[self.indices].max())


def open_clips(path: Path, indices: NDArray[np.int64], *, memory_mb: float) -> Clips:
    """Opens the chosen clips; `memory_mb` is the largest store that is held in memory."""
    header = store.read(path, values=False)
    frame = header.values.itemsize * int(np.prod(header.values.shape[1:]))
    if header.offsets[-1] * frame > memory_mb * 2**20:
        return Clips(samples=header, indices=np.sort(indices), path=path)
    chosen = store.read(path, further=False).select(np.sort(indices))
    return Clips(samples=chosen, indices=np.arange(len(chosen)))


def batches(
    clips: Clips,
    *,
    size: int,
    length: int | None,
    most: int | None = None,
    by_length: bool = False,
    generator: np.random.Generator | None = None,
) -> Iterator[Batch]:
    """Yields batches of `size` clips, the last may be smaller.

    length     frames cut at random out of each clip; None keeps whole clips, padded to the longest of the batch
    most       frames that are left of a longer whole clip, cut at random
    by_length  clips of similar lengths meet in a batch
    Without a generator the order is the store's, or that of the lengths, and a cut is taken from the middle.
    """
    for samples, order in _buffers(clips, generator):
        if generator is not None:
            order = generator.permutation(order)
        groups = [order[start : start + size] for start in range(0, len(order), size)]
        if by_length:
            groups = _similar(order, np.minimum(samples.lengths, most or samples.lengths), size, generator)
        for group in groups:
            width = length or int(np.minimum(samples.lengths[group].max(), most or np.inf))
            yield _batch(samples, group, width, generator)


def _similar(
    order: NDArray[np.int64], lengths: NDArray[np.int64], size: int, generator: np.random.Generator | None
) -> list[NDArray[np.int64]]:
    """Sorts each pool of a shuffled order by length, cuts it into batches and shuffles those; else the whole order."""
    pool = len(order) if generator is None else size * POOL_BATCHES
    groups = []
    for start in range(0, len(order), pool):
        members = order[start : start + pool]
        members = members[np.argsort(lengths[members], kind="stable")]
        groups += [members[i : i + size] for i in range(0, len(members), size)]
    return groups if generator is None else [groups[i] for i in generator.permutation(len(groups))]


def _buffers(clips: Clips, generator: np.random.Generator | None) -> Iterator[tuple[Samples, NDArray[np.int64]]]:
    """Yields a store in memory with the clips to take from it: all of it, or one buffer of chunks after another."""
    if clips.path is None:
        yield clips.samples, clips.indices
        return
    chunks = np.array_split(clips.indices, max(1, -(-len(clips) // CHUNK_CLIPS)))
    order = np.arange(len(chunks)) if generator is None else generator.permutation(len(chunks))
    with h5py.File(clips.path, "r") as file:
        for start in range(0, len(order), BUFFER_CHUNKS):
            parts = [_read(file, clips.samples, chunks[c]) for c in order[start : start + BUFFER_CHUNKS]]
            together = np.concatenate([chunks[c] for c in order[start : start + BUFFER_CHUNKS]])
            buffer = _with_values(clips.samples, together, np.concatenate(parts))
            yield buffer, np.arange(len(together))


def _read(file: h5py.File, header: Samples, indices: NDArray[np.int64]) -> NDArray[Any]:
    """Reads the frames of sorted clips with one contiguous read, and leaves out what lies between."""
    first = header.offsets[indices[0]]
    span = store.rows(file, int(first), int(header.offsets[indices[-1] + 1]))
    keep = [np.arange(int(header.offsets[i] - first), int(header.offsets[i + 1] - first)) for i in indices]
    return span[np.concatenate(keep)]


def _with_values(header: Samples, indices: NDArray[np.int64], values: NDArray[Any]) -> Samples:
    columns = {name: getattr(header, name)[indices] for name in store.PER_SAMPLE}
    offsets = np.concatenate([[0], np.cumsum(header.lengths[indices])]).astype(np.int64)
    return Samples(values=values, offsets=offsets, class_names=header.class_names, form=header.form, **columns)


def _batch(samples: Samples, chosen: NDArray[np.int64], width: int, generator: np.random.Generator | None) -> Batch:
    lengths = samples.lengths[chosen]
    room = np.maximum(lengths - width, 0)
    start = room // 2 if generator is None else generator.integers(0, room + 1)
    frame = start[:, None] + np.arange(width)
    inside = frame < lengths[:, None]
    rows = samples.offsets[:-1][chosen][:, None] + np.minimum(frame, lengths[:, None] - 1)
    form = named(samples.form)
    feed = form.feed(samples.values[rows])
    if not inside.all():
        feed[~inside] = np.nan
    columns = (getattr(samples, name)[chosen] for name in form.columns)
    inputs = tuple(torch.from_numpy(column) for column in (feed, *columns))
    return Batch(inputs, torch.from_numpy(samples.target[chosen]))
