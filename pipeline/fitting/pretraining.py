"""The loop of pretraining: no labels, no validation, the last weights; resumed as training is.

Each epoch sees the track's training clips, and as many again of a further source where one is named: a stream, which
never ends, yields new ones each epoch, any other the same.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pipeline import sources
from pipeline.errors import InputError, SignloopError
from pipeline.fitting.augmentation import augmentation
from pipeline.fitting.data import Batch, Clips, batches
from pipeline.fitting.loop import MAX_NORM, Log, Progress, keep, open_fabric, resume
from pipeline.fitting.reconstruction import Reconstruction
from pipeline.leakage import digests
from pipeline.params import Data, Pretrain
from pipeline.samples import PER_SAMPLE, Samples

if TYPE_CHECKING:
    from pipeline.detect.workshop import Workshop

CLIPS_PER_SIGNER = 8  # of a stream


def pretrain_encoder(
    module: Reconstruction,
    *,
    train: Clips,
    further: "Further | None",
    config: Pretrain,
    checkpoint: Path | None = None,
    log: Log = lambda epoch, values: None,
) -> None:
    """Trains in place.

    checkpoint  a file that the loop keeps between epochs, and starts from when it is there
    """
    torch.use_deterministic_algorithms(True, warn_only=False)
    fabric = open_fabric(config.device)
    optimizer = torch.optim.AdamW(module.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    steps = math.ceil(len(train) / config.batch_size) * (1 if further is None else 2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=max(2, config.epochs * steps), pct_start=0.1
    )
    model, optimizer = fabric.setup(module, optimizer)
    progress = resume(checkpoint, module, optimizer, schedule)
    for entry in progress.history:
        log(int(entry["epoch"]), entry)
    while progress.epoch < config.epochs:
        loss = _epoch(fabric, model, optimizer, schedule, train, further, config, progress.epoch)
        if not math.isfinite(loss):
            raise SignloopError(f"epoch {progress.epoch}: the loss is not finite. Lower `pretrain.learning_rate`.")
        _advance(progress, loss, log)
        keep(checkpoint, progress, module, optimizer, schedule)


def _advance(progress: Progress, loss: float, log: Log) -> None:
    progress.history.append({"epoch": float(progress.epoch), "loss": loss})
    progress.epoch += 1
    log(progress.epoch - 1, progress.history[-1])


def _epoch(
    fabric: Any,
    model: Any,
    optimizer: Any,
    schedule: Any,
    train: Clips,
    further: "Further | None",
    config: Pretrain,
    epoch: int,
) -> float:
    torch.manual_seed(config.seed * 100_003 + epoch)  # dropout
    order = np.random.default_rng([config.seed, epoch, fabric.global_rank])
    noise = torch.Generator(device=fabric.device).manual_seed(config.seed * 100_003 + epoch)
    change = augmentation(train.samples.form, config.augment)
    parts = [train] if further is None else [train, further.clips(epoch, len(train))]
    model.train()
    total, count = 0.0, 0
    for batch in _mixed(parts, config, order):
        inputs, target = batch.to(fabric.device)
        loss = model(Batch(change(inputs, noise), target), noise)
        optimizer.zero_grad()
        fabric.backward(loss)
        fabric.clip_gradients(model, optimizer, max_norm=MAX_NORM, error_if_nonfinite=False)
        optimizer.step()
        if schedule.last_epoch < schedule.total_steps - 1:
            schedule.step()
        total, count = total + loss.item() * len(target), count + len(target)
    return total / max(count, 1)


def _mixed(parts: list[Clips], config: Pretrain, order: np.random.Generator) -> Iterator[Batch]:
    """Yields the batches of all parts, in turns decided by chance."""
    most = config.sequence_length
    left = [
        batches(part, size=config.batch_size, length=None, most=most, by_length=True, generator=order) for part in parts
    ]
    while left:
        i = int(order.integers(len(left)))
        batch = next(left[i], None)
        if batch is None:
            left.pop(i)
        else:
            yield batch


@dataclass(frozen=True)
class HeldOut:
    """Who validates and tests: by group, and by their clips where another source calls them otherwise."""

    groups: frozenset[str]
    digests: frozenset[bytes]

    def left_out_of(self, samples: Samples) -> Samples:
        """Returns the clips of everybody else."""
        told = zip(samples.group, digests(samples), strict=True)
        kept = [i for i, (group, digest) in enumerate(told) if group not in self.groups and digest not in self.digests]
        return samples.select(np.array(kept, np.int64))


class Further:
    """A source of unlabelled clips besides the track's own."""

    def __init__(self, data: Data, own: Samples, held_out: HeldOut, workshop: "Workshop | None" = None) -> None:
        self.data = data
        self.stream = getattr(import_module(f"pipeline.sources.{data.source}"), "stream", None)
        self.read = None if self.stream else self._checked(sources.read(data, workshop), own, held_out)

    def clips(self, epoch: int, most: int) -> Clips:
        """Returns at most so many clips; of a stream those of the epoch."""
        if self.stream is None:
            assert self.read is not None
            chosen = np.random.default_rng(epoch).permutation(len(self.read))[:most]
            return Clips(samples=self.read, indices=np.sort(chosen))
        signers = math.ceil(most / CLIPS_PER_SIGNER)
        stream = self.stream(self.data, clips_per_signer=CLIPS_PER_SIGNER, first=epoch * signers)
        samples = together(list(islice(stream, signers)))
        return Clips(samples=samples, indices=np.arange(min(most, len(samples))))

    def _checked(self, samples: Samples, own: Samples, held_out: HeldOut) -> Samples:
        """Leaves out who validates or tests the track's model.

        Raises: InputError when nothing is left, or the points are others.
        """
        if samples.form != own.form:
            raise InputError(
                f"pretrain.data: expected clips of '{own.form}', as the track's, got '{samples.form}' from "
                f"'{self.data.source}'. Name another source, or leave `pretrain.data` out."
            )
        kept = held_out.left_out_of(samples)
        if not len(kept):
            raise InputError(
                f"pretrain.data: expected clips of others than who validates and tests, got none among {len(samples)} "
                f"from '{self.data.source}'. Name another source, or leave `pretrain.data` out."
            )
        return kept


def together(parts: list[Samples]) -> Samples:
    """Puts stores of the same form end to end."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PER_SAMPLE}
    lengths = np.concatenate([part.lengths for part in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.concatenate([part.values for part in parts])
    return replace(parts[0], values=values, offsets=offsets, **columns)
