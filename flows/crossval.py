"""Leave one group out: train on all groups but one, test on that one, for every group and several seeds.

The figure that counts for people never seen. Nothing of the tested group is used for early stopping or any choice;
what is scored is the exported ONNX file, as in `evaluate`.
"""

import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.params import Track

if TYPE_CHECKING:
    from pipeline.fitting.loop import Log
    from pipeline.split import Split

Done = Callable[[str, int, float], None]


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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.h5"
        store.write(path, samples)
        table = pd.DataFrame(index=pd.Index(chosen, name="left out"), columns=pd.Index(seeds), dtype=float)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            runs = {pool.submit(_fold, track, path, group, seed): (group, seed) for seed in seeds for group in chosen}
            for run in as_completed(runs):
                group, seed = runs[run]
                table.loc[group, seed] = run.result()
                done(group, seed, float(run.result()))
    return table


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


def _fold(track: Track, samples: Path, group: str, seed: int) -> float:
    """Trains without a group and returns the accuracy on it."""
    import numpy as np
    import torch

    from pipeline import split as splits
    from pipeline.contract import Contract
    from pipeline.export import write_onnx
    from pipeline.models import weights
    from pipeline.predictor import Predictor

    torch.set_num_threads(1)
    folder = samples.parent / f"{group}-{seed}"
    everything = store.read(samples)
    parts = splits.assign(everything, track.prepare.model_copy(update={"test": (group,), "val": (), "seed": seed}))
    track = track.model_copy(update={"train": track.train.model_copy(update={"seed": seed})})
    own = weights.load(trained(track, samples, parts, folder))
    contract = Contract(
        track="",
        model=track.model.name,
        features=track.model.features,
        skeleton=own.skeleton,
        class_names=own.class_names,
    )
    write_onnx(folder / "model.onnx", own.recognizer, contract)
    tested = everything.select(parts.test)
    probabilities, seen = Predictor.open(folder / "model.onnx").scores(tested)
    return float(np.mean((probabilities.argmax(1) == tested.target) & (seen > 0)))
