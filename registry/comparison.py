"""Two versions on the clips that both were tested on: the paired difference, over all, by class and by group.

Each end of an interval is a one-sided bound of `registry.statistics`: the lower one is what the gate looks at.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from registry.statistics import bounds
from registry.store import Store
from registry.versions import EXTRAS, Version, files

CONFIDENCE = 0.95  # of each end
RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Accuracies on the same clips, and their difference; no interval where there are too few units."""

    name: str
    clips: int
    candidate: float
    against: float
    low: float | None = None
    high: float | None = None

    @property
    def difference(self) -> float:
        return self.candidate - self.against


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `signloop models compare` shows; `notes` are what a reader must know of the clips."""

    track: str
    candidate: int
    against: int
    whole: Difference
    classes: tuple[Difference, ...]
    groups: tuple[Difference, ...]
    notes: tuple[str, ...]


def compare(store: Store, candidate: Version, against: Version) -> Comparison:
    """Compares the stored answers of two versions.

    Raises: InputError when no clip was answered by both.
    """
    if not (_classes(store, candidate) and _classes(store, against)):
        raise InputError(
            f"versions {candidate.number} and {against.number} of '{candidate.track}' answer with numbers: how "
            f"their errors differ is in the decision. Read it: signloop models show {candidate.track}"
        )
    ours, theirs = _answers(store, candidate), _answers(store, against)
    shared = ours.join(theirs[["label", "target"]], how="inner", rsuffix="_against")
    same = shared.loc[shared["target"] == shared["target_against"]]
    both = same.loc[same["target"].isin(sorted(_classes(store, candidate) & _classes(store, against)))]
    if both.empty:
        raise InputError(
            f"versions {candidate.number} and {against.number} of '{candidate.track}' were tested on no common clip "
            f"({len(ours)} and {len(theirs)} clips). Judge the candidate against Production: dvc repro"
        )
    right, right_against = ((both[label] == both["target"]).to_numpy(bool) for label in ("label", "label_against"))
    target, group = both["target"].to_numpy(str), both["group"].to_numpy(str)
    clip = np.arange(len(both)).astype(str)
    tested = "" if len(both) == len(ours) == len(theirs) else f"; they were tested on {len(ours)} and {len(theirs)}"
    notes = [f"{len(both)} clips of {len(np.unique(group))} groups{tested}"]
    for left, why in (
        (len(shared) - len(same), "are labelled otherwise by now"),
        (len(same) - len(both), "are of classes that only one of them knows"),
    ):
        if left:
            notes.append(f"left out: {left} shared clips that {why}")
    if candidate.tags.get("signloop.data_sha256") != against.tags.get("signloop.data_sha256"):
        notes.append("their sample stores differ: clips are matched by their ids")
    return Comparison(
        track=candidate.track,
        candidate=candidate.number,
        against=against.number,
        whole=_difference("all", right, right_against, group),
        classes=_by(target, right, right_against, group),
        groups=_by(group, right, right_against, clip),  # within a group its clips are all there is to resample
        notes=tuple(notes),
    )


def _by(
    names: NDArray[Any], right: NDArray[np.bool_], right_against: NDArray[np.bool_], unit: NDArray[Any]
) -> tuple[Difference, ...]:
    rows = {name: names == name for name in np.unique(names)}
    return tuple(_difference(str(n), right[own], right_against[own], unit[own]) for n, own in rows.items())


def _difference(
    name: str, right: NDArray[np.bool_], right_against: NDArray[np.bool_], unit: NDArray[Any]
) -> Difference:
    units, index = np.unique(unit, return_inverse=True)
    gained, lost, clips = (
        np.bincount(index, weights=x, minlength=len(units)).astype(float)
        for x in (right & ~right_against, right_against & ~right, np.ones(len(index)))
    )
    low = high = None
    if len(units) > 1:
        options = {"confidence": CONFIDENCE, "bootstrap": RESAMPLES, "seed": 0}
        low = float(bounds(gained, lost, clips, **options).lower)
        high = -float(bounds(lost, gained, clips, **options).lower)
    accuracies = {"candidate": float(right.mean()), "against": float(right_against.mean())}
    return Difference(name=name, clips=len(right), low=low, high=high, **accuracies)


def _answers(store: Store, version: Version) -> pd.DataFrame:
    with files(store, version, f"{EXTRAS}/predictions.parquet") as path:
        return pd.read_parquet(path).set_index("id")


def _classes(store: Store, version: Version) -> set[str]:
    with files(store, version, f"{EXTRAS}/contract.json") as path:
        return set(json.loads(path.read_text(encoding="utf-8"))["class_names"])
