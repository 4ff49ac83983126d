"""Cross-validation by group: train without some groups, test on them; one group at a time, or so many folds.

The figure that counts for people never seen. Nothing of the tested groups is used for early stopping or any choice;
what is scored is the exported ONNX file, as in `evaluate`.
"""

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.params import Track
from pipeline.samples import Samples

if TYPE_CHECKING:
    from pipeline.fitting.loop import Log
    from pipeline.split import Split

Done = Callable[[str, int, float], None]
LATENCY_RUNS = 30


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One training without some groups, and what came of it.

    seconds       of training without pretraining, on one thread beside the other workers
    milliseconds  for one clip of the median length, one thread, median
    difference    the largest of a logit of the exported file from PyTorch's, on the tested clips
    """

    fold: str
    seed: int
    clips: int
    accuracy: float
    seconds: float
    parameters: int
    onnx_bytes: int
    milliseconds: float
    difference: float


def leave_one_out(
    track: Track,
    *,
    seeds: Iterable[int],
    groups: Iterable[str] = (),
    workers: int = 2,
    done: Done = lambda group, seed, accuracy: None,
) -> pd.DataFrame:
    """Returns the accuracy of each left-out group (rows) and seed (columns); `groups` empty: all of them.

    Raises: InputError when the source has fewer than three groups, or not the named ones.
    """
    samples = _read(track)
    have = sorted(set(samples.group))
    if len(have) < 3:
        raise InputError(f"leaving one group out takes three groups or more, '{track.data.source}' has {have}.")
    unknown = sorted(set(groups) - set(have))
    if unknown:
        raise InputError(f"unknown group {', '.join(map(repr, unknown))}. The source has: {', '.join(have)}.")
    seeds, chosen = list(seeds), list(groups) or have
    table = pd.DataFrame(index=pd.Index(chosen, name="left out"), columns=pd.Index(seeds), dtype=float)
    left_out = {group: (group,) for group in chosen}
    for _, one in _run({"": track}, samples, left_out, seeds, workers):
        table.loc[one.fold, one.seed] = one.accuracy
        done(one.fold, one.seed, one.accuracy)
    return table


def cross_validate(
    tracks: dict[str, Track], *, folds: int, seeds: Iterable[int], only: Collection[int] = (), workers: int = 2
) -> Iterator[tuple[str, Fold]]:
    """Yields each fold of each track as it ends; all tracks have one source, and every group is tested on once.

    only  these of the folds, counted from 0; empty: all

    Raises: InputError when the source has fewer groups than folds, or a fold is none of them.
    """
    samples = _read(next(iter(tracks.values())))
    have = sorted(set(samples.group))
    if len(have) < max(folds, 2):
        raise InputError(f"{folds} folds take as many groups, the source has {len(have)}: {', '.join(have)}.")
    if beyond := [fold for fold in only if fold not in range(folds)]:
        raise InputError(f"fold {beyond[0]}: expected one of 0 to {folds - 1}.")
    left_out = {str(fold): tuple(have[fold::folds]) for fold in only or range(folds)}
    yield from _run(tracks, samples, left_out, list(seeds), workers)


def _read(track: Track) -> Samples:
    from flows.workshop import furnished
    from pipeline.sources import read

    with furnished(track.data, "cross-validate") as workshop:
        return read(track.data, workshop)


def _run(
    tracks: dict[str, Track],
    samples: Samples,
    left_out: dict[str, tuple[str, ...]],
    seeds: list[int],
    workers: int,
) -> Iterator[tuple[str, Fold]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.h5"
        store.write(path, samples)
        runs = {
            (name, seed, fold): _Run.of(track, samples, groups, seed)
            for name, track in tracks.items()
            for seed in seeds
            for fold, groups in left_out.items()
        }
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            encoders = {run.encoder: pool.submit(_pretrain, run, path) for run in _by_encoder(runs.values())}
            for pretrained in as_completed(encoders.values()):
                pretrained.result()
            trainings = {pool.submit(_fold, run, path, fold, seed): name for (name, seed, fold), run in runs.items()}
            for training in as_completed(trainings):
                yield trainings[training], training.result()


@dataclass(frozen=True)
class _Run:
    """One training: a track with its seed, who is in which part, and the file that its encoder is in."""

    track: Track
    parts: "Split"
    encoder: str

    @classmethod
    def of(cls, track: Track, samples: Samples, groups: tuple[str, ...], seed: int) -> Self:
        from pipeline import split as splits

        parts = splits.assign(samples, track.prepare.model_copy(update={"test": groups, "val": (), "seed": seed}))
        track = track.model_copy(update={"train": track.train.model_copy(update={"seed": seed})})
        seen = sorted([*parts.train.tolist(), *parts.rest.tolist()])
        model = None if track.pretrain.method == "none" else track.model.model_dump(mode="json")
        made_of = json.dumps([model, track.pretrain.model_dump(mode="json"), model and seen])
        return cls(track, parts, hashlib.sha256(made_of.encode()).hexdigest())


def _by_encoder(runs: Iterable[_Run]) -> list[_Run]:
    """Returns one run for each encoder: seeds that see the same clips share one, since it is dear."""
    return list({run.encoder: run for run in runs}.values())


def interval(table: pd.DataFrame, confidence: float = 0.95) -> tuple[float, float] | None:
    """Returns Student's interval of the mean over left-out groups; seeds are averaged, they are no new people.

    None where there is but one group, which has no spread.
    """
    from scipy.stats import sem, t

    means = table.to_numpy().mean(axis=1)
    if len(means) == 1:
        return None
    half = float(sem(means) * t.ppf((1 + confidence) / 2, len(means) - 1))
    return float(means.mean()) - half, float(means.mean()) + half


def trained(
    track: Track,
    samples: Path,
    parts: "Split",
    folder: Path,
    *,
    encoder: Path | None = None,
    log: "Log" = lambda epoch, values: None,
) -> Path:
    """Trains a track's model on a split of a store, as `dvc repro` does; returns the folder of its weights.

    encoder  what `pretrain` has made of the same clips; None: it is made here
    """
    from pipeline import split as splits
    from pipeline.pretrain import pretrain
    from pipeline.train import train

    split, out = folder / "split.json", folder / "model"
    splits.write(split, parts)
    if encoder is None:
        encoder = folder / "encoder.safetensors"
        pretrain(track.model, track.pretrain, samples=samples, split=split, out=encoder)
    train(track.model, track.train, samples=samples, split=split, encoder=encoder, out=out, log=log)
    return out


def _pretrain(run: _Run, samples: Path) -> None:
    import torch

    from pipeline import split as splits
    from pipeline.pretrain import pretrain

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=samples.parent) as name:
        split = Path(name) / "split.json"
        splits.write(split, run.parts)
        pretrain(run.track.model, run.track.pretrain, samples=samples, split=split, out=samples.parent / run.encoder)


def _fold(run: _Run, samples: Path, fold: str, seed: int) -> Fold:
    """Trains without the groups of a fold and scores the exported file on them."""
    import numpy as np
    import torch

    from pipeline.contract import Contract
    from pipeline.export import write_onnx
    from pipeline.models import weights
    from pipeline.predictor import Predictor, inputs

    torch.set_num_threads(1)
    model = run.track.model
    tested = store.read(samples).select(run.parts.test)
    with tempfile.TemporaryDirectory(dir=samples.parent) as name:
        folder = Path(name)
        start = time.perf_counter()
        model_folder = trained(run.track, samples, run.parts, folder, encoder=samples.parent / run.encoder)
        seconds = time.perf_counter() - start
        own = weights.load(model_folder)
        contract = Contract(
            track="", model=model.name, features=model.features, skeleton=own.skeleton, class_names=own.class_names
        )
        write_onnx(folder / "model.onnx", own.recognizer, contract)
        predictor = Predictor.open(folder / "model.onnx")
        logits, seen = predictor.logits(tested)
        expected, _ = Predictor.open(model_folder).logits(tested)
        usual = np.argsort(tested.lengths, kind="stable")[len(tested) // 2 :][:1]
        return Fold(
            fold=fold,
            seed=seed,
            clips=len(tested),
            accuracy=float(np.mean((logits.argmax(1) == tested.target) & (seen > 0))),
            seconds=seconds,
            parameters=sum(p.numel() for p in own.recognizer.parameters()),
            onnx_bytes=(folder / "model.onnx").stat().st_size,
            milliseconds=_milliseconds(lambda: predictor.run(inputs(tested, usual))),
            difference=float(np.abs(logits - expected).max()),
        )


def _milliseconds(call: Callable[[], object]) -> float:
    took = []
    for _ in range(LATENCY_RUNS):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)
