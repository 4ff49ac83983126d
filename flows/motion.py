"""Letters in motion: J is I that moves and Z is D that moves; who can tell them apart on people never seen?

A recurrent model answers whole clips among all letters. A model of frames answers each frame, is told that it is one of
two, and the majority of its frames votes: the most that could be asked of it.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.params import SyntheticLetters, Track
from pipeline.samples import Samples

PAIRS = (("I", "J"), ("D", "Z"))  # still, moving: one handshape
NUM_SIGNERS = 40


@dataclass(frozen=True, kw_only=True)
class Motion:
    """One model on the clips of unseen signers; values by letter, or by pair."""

    model: str
    accuracy: float  # of whole clips, among all letters
    recall: dict[str, float]  # of the moving letters, the same way
    votes: dict[str, float]  # accuracy of its frames' majority on a pair, where it may only answer one of the two


def motion(
    *tracks: Track, log: Callable[[str, int, dict[str, float]], None] = lambda model, epoch, values: None
) -> Iterator[Motion]:
    """Trains each track's model on its simulated signers and measures it on signers of another seed.

    Raises: InputError where the data are not simulated: recordings of J and Z need a test of their own.
    """
    from flows.crossval import trained
    from pipeline import split as splits
    from pipeline.predictor import Predictor
    from pipeline.sources import read

    for track in tracks:
        data, name = track.data, track.model.name
        if not isinstance(data, SyntheticLetters):
            raise InputError(f"'{data.source}': signers are simulated here. Set `data.source: synthetic_letters`.")
        unseen = read(data.model_copy(update={"seed": data.seed + 1, "num_signers": NUM_SIGNERS}))
        with tempfile.TemporaryDirectory() as folder:
            path, samples = Path(folder) / "samples.h5", read(data)
            store.write(path, samples)
            parts = splits.assign(samples, track.prepare)
            model = trained(track, path, parts, Path(folder), log=partial(log, name))
            yield measure(name, Predictor.open(model).scores, unseen)


Scores = Callable[[Samples], tuple[NDArray[np.float64], NDArray[np.float32]]]


def measure(model: str, scores: Scores, samples: Samples) -> Motion:
    """Scores whole clips, and single frames by vote."""
    probabilities, _ = scores(samples)
    right = probabilities.argmax(1) == samples.target
    number = {name: k for k, name in enumerate(samples.class_names)}
    return Motion(
        model=model,
        accuracy=float(right.mean()),
        recall={moving: float(right[samples.target == number[moving]].mean()) for _, moving in PAIRS},
        votes={f"{a}/{b}": votes(scores, samples, number[a], number[b]) for a, b in PAIRS},
    )


def votes(scores: Scores, samples: Samples, still: int, moving: int) -> float:
    """Returns the accuracy of the majority over seen frames; a tie goes to the letter that does not move."""
    chosen = samples.select(np.flatnonzero(np.isin(samples.target, [still, moving])))
    probabilities, seen = scores(frames(chosen))
    says_moving = (probabilities[:, moving] > probabilities[:, still]) & (seen > 0)
    clip = np.repeat(np.arange(len(chosen)), chosen.lengths)
    for_moving, all_seen = np.bincount(clip, says_moving), np.bincount(clip, seen > 0)
    return float(((2 * for_moving > all_seen) == (chosen.target == moving)).mean())


def frames(samples: Samples) -> Samples:
    """Returns every frame as a clip of its own."""
    lengths = samples.lengths
    columns: dict[str, Any] = {name: np.repeat(getattr(samples, name), lengths) for name in store.PER_SAMPLE}
    number = np.concatenate([np.arange(length) for length in lengths])
    columns["id"] = np.array([f"{i}/{n}" for i, n in zip(columns["id"], number, strict=True)], dtype=object)
    return Samples(
        values=samples.values,
        offsets=np.arange(len(samples.values) + 1, dtype=np.int64),
        class_names=samples.class_names,
        form=samples.form,
        **columns,
    )
