"""Batches of clips: from memory where the store fits, else streamed from disk in shuffled chunks.

Random rows of a compressed HDF5 file cost about a hundred times contiguous ones; so above `memory_mb` whole
chunks are read in a shuffled order into a buffer, and the buffer is shuffled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline import samples as store
from pipeline.samples import Samples

CHUNK_CLIPS = 512
BUFFER_CHUNKS = 8


class Batch(NamedTuple):
    landmarks: Tensor  # [B, T, V, C]; NaN where not seen, and past the end of a shorter clip
    aspect: Tensor  # [B]
    fps: Tensor  # [B]
    handedness: Tensor  # [B]
    target: Tensor  # [B]

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(tensor.to(device) for tensor in self))


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Chosen clips of a store, in memory (`path` None) or on disk (`samples` then lacks the values)."""

    samples: Samples
    indices: NDArray[np.int64]
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.indices)


def open_clips(path: Path, indices: NDArray[np.int64], *, memory_mb: float) -> Clips:
    """Opens the chosen clips; `memory_mb` is the largest store that is held in memory."""
    header = store.read(path, values=False)
    frame = header.values.itemsize * int(np.prod(header.values.shape[1:]))
    if header.offsets[-1] * frame > memory_mb * 2**20:
        return Clips(samples=header, indices=np.sort(indices), path=path)
    chosen = store.read(path).select(np.sort(indices))
    return Clips(samples=chosen, indices=np.arange(len(chosen)))


def batches(
    clips: Clips, *, size: int, length: int | None, generator: np.random.Generator | None = None
) -> Iterator[Batch]:
    """Yields batches of `size` clips, the last may be smaller.

    `length` frames are cut at random out of each clip; None keeps whole clips, padded to the longest of the batch.
    Without a generator the order is the store's and a cut is taken from the middle.
    """
    for samples, order in _buffers(clips, generator):
        if generator is not None:
            order = generator.permutation(order)
        for start in range(0, len(order), size):
            yield _batch(samples, order[start : start + size], length, generator)


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


def _read(file: h5py.File, header: Samples, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """Reads the frames of sorted clips with one contiguous read, and leaves out what lies between."""
    first = header.offsets[indices[0]]
    span = store.rows(file, int(first), int(header.offsets[indices[-1] + 1]))
    keep = [np.arange(int(header.offsets[i] - first), int(header.offsets[i + 1] - first)) for i in indices]
    return span[np.concatenate(keep)]


def _with_values(header: Samples, indices: NDArray[np.int64], values: NDArray[np.float32]) -> Samples:
    columns = {name: getattr(header, name)[indices] for name in store.PER_SAMPLE}
    offsets = np.concatenate([[0], np.cumsum(header.lengths[indices])]).astype(np.int64)
    return Samples(values=values, offsets=offsets, class_names=header.class_names, skeleton=header.skeleton, **columns)


def _batch(
    samples: Samples, chosen: NDArray[np.int64], length: int | None, generator: np.random.Generator | None
) -> Batch:
    lengths = samples.lengths[chosen]
    width = int(lengths.max()) if length is None else length
    room = np.maximum(lengths - width, 0)
    start = room // 2 if generator is None else generator.integers(0, room + 1)
    frame = start[:, None] + np.arange(width)
    inside = frame < lengths[:, None]
    rows = samples.offsets[:-1][chosen][:, None] + np.minimum(frame, lengths[:, None] - 1)
    landmarks = samples.values[rows]
    landmarks[~inside] = np.nan
    columns = [torch.from_numpy(getattr(samples, name)[chosen]) for name in ("aspect", "fps", "handedness", "target")]
    return Batch(torch.from_numpy(landmarks), *columns)
