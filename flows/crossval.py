"""Cross-validation by group: train without some groups, test on them; one group at a time, or so many folds.

The figure that counts for people never seen. Nothing of the tested groups is used for early stopping or any choice;
what is scored is the exported ONNX file, as in `evaluate`. A teacher is trained without the same groups as its student;
weights that were made elsewhere may know them, and are refused. Tracks that differ in what follows training share one.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from flows.folds import Fold, scored
from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.params import Track
from pipeline.samples import Samples

if TYPE_CHECKING:
    from pipeline.fitting.loop import Log
    from pipeline.split import Split

Done = Callable[[str, int, float], None]
Key = tuple[str, int, str]  # name of the track, seed, fold
OF_THE_FOLD = "fold"  # a teacher's weights: trained without the same groups as its student


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
    tracks: dict[str, Track],
    *,
    folds: int,
    seeds: Iterable[int],
    only: Collection[int] = (),
    teacher: Track | None = None,
    workers: int = 2,
) -> Iterator[tuple[str, Fold]]:
    """Yields each fold of each track as it ends; all tracks have one source, and every group is tested on once.

    only     these of the folds, counted from 0; empty: all
    teacher  of the tracks whose `train.teacher.weights` is `fold`; it learns from the clips that its student does

    Raises: InputError when the source has fewer groups than folds, a fold is none of them, or a track starts from, or
    learns from, weights that may know the tested groups.
    """
    samples = _read(next(iter(tracks.values())))
    have = sorted(set(samples.group))
    if len(have) < max(folds, 2):
        raise InputError(f"{folds} folds take as many groups, the source has {len(have)}: {', '.join(have)}.")
    if beyond := [fold for fold in only if fold not in range(folds)]:
        raise InputError(f"fold {beyond[0]}: expected one of 0 to {folds - 1}.")
    left_out = {str(fold): tuple(have[fold::folds]) for fold in only or range(folds)}
    yield from _run(tracks, samples, left_out, list(seeds), workers, teacher)


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
    teacher: Track | None = None,
) -> Iterator[tuple[str, Fold]]:
    for track in tracks.values():
        _refuse_weights(track, teacher)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.h5"
        store.write(path, samples)
        runs = {
            (name, seed, fold): _Run.of(track, samples, groups, seed, teacher)
            for name, track in tracks.items()
            for seed in seeds
            for fold, groups in left_out.items()
        }
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            teachers = {run.teacher.model: run.teacher for run in runs.values() if run.teacher}
            encoders = {run.encoder: run for run in (*runs.values(), *teachers.values())}  # dear: seeds share one
            for pretrained in [pool.submit(_pretrain, run, path) for run in encoders.values()]:
                pretrained.result()
            taught = {model: pool.submit(_train, run, path) for model, run in teachers.items()}
            seconds = {model: training.result() for model, training in taught.items()}
            trainings = {
                pool.submit(_folds, alike, path, seconds.get(model)): alike for model, alike in _by_model(runs).items()
            }
            for training in as_completed(trainings):
                yield from zip((name for name, _, _ in trainings[training]), training.result(), strict=True)


def _refuse_weights(track: Track, teacher: Track | None) -> None:
    named = track.train.teacher and track.train.teacher.weights
    if track.train.init_from is not None:
        raise InputError(
            f"train.init_from: '{track.train.init_from}' may know the tested groups. Leave it out, or set it to null."
        )
    if named is not None and (named != OF_THE_FOLD or teacher is None):
        raise InputError(
            f"train.teacher.weights: '{named}' may know the tested groups. Write `{OF_THE_FOLD}` and name a model with "
            "--teacher, which is then trained without them; or leave `train.teacher` out."
        )


@dataclass(frozen=True)
class _Run:
    """One training: a track with its seed, who is in which part, and where its encoder and weights lie.

    encoder, model  a file, and a folder, beside the samples, by a hash of what they are made of
    teacher         another training, which comes first
    """

    track: Track
    parts: "Split"
    encoder: str
    model: str
    teacher: "_Run | None"

    @classmethod
    def of(
        cls, track: Track, samples: Samples, groups: tuple[str, ...], seed: int, teacher: Track | None = None
    ) -> Self:
        from pipeline import split as splits

        parts = splits.assign(samples, track.prepare.model_copy(update={"test": groups, "val": (), "seed": seed}))
        track = track.model_copy(update={"train": track.train.model_copy(update={"seed": seed})})
        by = None
        if teacher is not None and track.train.teacher is not None:
            alone = teacher.train.model_copy(update={"teacher": None})
            by = cls.of(teacher.model_copy(update={"prepare": track.prepare, "train": alone}), samples, groups, seed)
        tree = track.model_dump(mode="json")
        seen = sorted([*parts.train.tolist(), *parts.rest.tolist()])
        model = None if track.pretrain.method == "none" else tree["model"]
        encoder = _hash(model, tree["pretrain"], model and seen)
        of_parts = [parts.train.tolist(), parts.val.tolist(), parts.test.tolist(), parts.class_weights]
        return cls(track, parts, encoder, _hash(encoder, tree["model"], tree["train"], of_parts, by and by.model), by)


def _by_model(runs: dict[Key, _Run]) -> dict[str, dict[Key, _Run]]:
    """Groups runs by their training."""
    alike: dict[str, dict[Key, _Run]] = {}
    for key, run in runs.items():
        alike.setdefault(run.model, {})[key] = run
    return alike


def _hash(*made_of: object) -> str:
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


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
    teacher: Path | None = None,
    log: "Log" = lambda epoch, values: None,
) -> Path:
    """Trains a track's model on a split of a store, as `dvc repro` does; returns the folder of its weights.

    encoder  what `pretrain` has made of the same clips; None: it is made here
    teacher  the model folder that a student learns from
    """
    from pipeline import split as splits
    from pipeline.pretrain import pretrain
    from pipeline.train import train

    split, out = folder / "split.json", folder / "model"
    splits.write(split, parts)
    if encoder is None:
        encoder = folder / "encoder.safetensors"
        pretrain(track.model, track.pretrain, samples=samples, split=split, out=encoder)
    train(track.model, track.train, samples=samples, split=split, encoder=encoder, out=out, teacher=teacher, log=log)
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


def _train(run: _Run, samples: Path) -> float:
    """Trains without the groups of a fold; returns how many seconds it took."""
    import torch

    torch.set_num_threads(1)
    folder = samples.parent / run.model
    folder.mkdir()
    teacher = samples.parent / run.teacher.model / "model" if run.teacher else None
    start = time.perf_counter()
    trained(run.track, samples, run.parts, folder, encoder=samples.parent / run.encoder, teacher=teacher)
    return time.perf_counter() - start


def _folds(alike: dict[Key, _Run], samples: Path, seconds: float | None) -> list[Fold]:
    """Scores each of the runs of one training, which is done here where it took no `seconds` before."""
    import torch

    one, *_ = alike.values()
    if seconds is None:
        seconds = _train(one, samples)
    torch.set_num_threads(1)
    tested, folder = store.read(samples).select(one.parts.test), samples.parent / one.model
    return [
        scored(run.track, tested, folder, fold=fold, seed=seed, seconds=seconds)
        for (_, seed, fold), run in alike.items()
    ]
