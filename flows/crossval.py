"""Cross-validation by group: train without some groups, test on them; one group at a time, or so many folds.

The figure that counts for people never seen. Nothing of the tested groups is used for early stopping or any choice;
what is scored is the exported ONNX file, as in `evaluate`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

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

    seconds       of training, on one thread beside the other workers
    milliseconds  for one clip of the median length, one thread, median
    """

    fold: str
    seed: int
    clips: int
    accuracy: float
    seconds: float
    parameters: int
    onnx_bytes: int
    milliseconds: float


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
    from pipeline.sources import read

    samples = read(track.data)
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
    tracks: dict[str, Track], *, folds: int, seeds: Iterable[int], workers: int = 2
) -> Iterator[tuple[str, Fold]]:
    """Yields each fold of each track as it ends; all tracks have one source, and every group is tested on once.

    Raises: InputError when the source has fewer groups than folds.
    """
    from pipeline.sources import read

    samples = read(next(iter(tracks.values())).data)
    have = sorted(set(samples.group))
    if len(have) < max(folds, 2):
        raise InputError(f"{folds} folds take as many groups, the source has {len(have)}: {', '.join(have)}.")
    left_out = {str(fold): tuple(have[fold::folds]) for fold in range(folds)}
    yield from _run(tracks, samples, left_out, list(seeds), workers)


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
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            runs = {
                pool.submit(_fold, track, path, fold, groups, seed): name
                for name, track in tracks.items()
                for seed in seeds
                for fold, groups in left_out.items()
            }
            for run in as_completed(runs):
                yield runs[run], run.result()


def interval(table: pd.DataFrame, confidence: float = 0.95) -> tuple[float, float]:
    """Returns Student's interval of the mean over left-out groups; seeds are averaged, they are no new people."""
    from scipy.stats import sem, t

    means = table.to_numpy().mean(axis=1)
    half = float(sem(means) * t.ppf((1 + confidence) / 2, len(means) - 1))
    return float(means.mean()) - half, float(means.mean()) + half


def trained(
    track: Track, samples: Path, parts: "Split", folder: Path, *, log: "Log" = lambda epoch, values: None
) -> Path:
    """Trains a track's model on a split of a store, as `dvc repro` does; returns the folder of its weights."""
    from pipeline import split as splits
    from pipeline.pretrain import pretrain
    from pipeline.train import train

    split, encoder, out = folder / "split.json", folder / "encoder.safetensors", folder / "model"
    splits.write(split, parts)
    pretrain(track.model, track.pretrain, samples=samples, split=split, out=encoder)
    train(track.model, track.train, samples=samples, split=split, encoder=encoder, out=out, log=log)
    return out


def _fold(track: Track, samples: Path, fold: str, groups: tuple[str, ...], seed: int) -> Fold:
    """Trains without the groups and scores the exported file on them."""
    import numpy as np
    import torch

    from pipeline import split as splits
    from pipeline.contract import Contract
    from pipeline.export import write_onnx
    from pipeline.models import weights
    from pipeline.predictor import Predictor, inputs

    torch.set_num_threads(1)
    everything = store.read(samples)
    parts = splits.assign(everything, track.prepare.model_copy(update={"test": groups, "val": (), "seed": seed}))
    track = track.model_copy(update={"train": track.train.model_copy(update={"seed": seed})})
    tested = everything.select(parts.test)
    with tempfile.TemporaryDirectory(dir=samples.parent) as name:
        folder = Path(name)
        start = time.perf_counter()
        own = weights.load(trained(track, samples, parts, folder))
        seconds = time.perf_counter() - start
        contract = Contract(
            track="",
            model=track.model.name,
            features=track.model.features,
            skeleton=own.skeleton,
            class_names=own.class_names,
        )
        write_onnx(folder / "model.onnx", own.recognizer, contract)
        predictor = Predictor.open(folder / "model.onnx")
        probabilities, seen = predictor.scores(tested)
        usual = np.argsort(tested.lengths, kind="stable")[len(tested) // 2 :][:1]
        return Fold(
            fold=fold,
            seed=seed,
            clips=len(tested),
            accuracy=float(np.mean((probabilities.argmax(1) == tested.target) & (seen > 0))),
            seconds=seconds,
            parameters=sum(p.numel() for p in own.recognizer.parameters()),
            onnx_bytes=(folder / "model.onnx").stat().st_size,
            milliseconds=_milliseconds(lambda: predictor.run(inputs(tested, usual))),
        )


def _milliseconds(call: Callable[[], object]) -> float:
    took = []
    for _ in range(LATENCY_RUNS):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)
