"""What a window is compared with: the reference that travels with a version, or quiet traffic that stands in for it.

A panel is rows that were measured together. The version's reference gives two: figures of the clips that were trained
on and chosen by, answers to those that were not trained on. Figures and scores depend on what is signed, and served
traffic never has the mix of labels that the training set has; so the reference is weighted to the window's mix of
labels before they are compared. The mix itself is compared as the column `label`, unweighted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from numpy.typing import NDArray

from monitoring.drift.columns import SCORES, Column, columns, compared, present
from pipeline.contract import NOTHING
from pipeline.errors import InputError

QUIET = "quiet"  # the part of rows that are traffic
FIGURES, ANSWERS = ("train", "val", QUIET), ("val", "test", QUIET)
BESIDE = ("part", "group", "target", "seen", *SCORES)  # in a reference, and no figure


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Rows with the columns that they are compared by.

    title   in words, for messages
    rows    as `columns.compared` gives them
    group   [N] number of the person, 0 to num_groups − 1
    mix     [N] number of the label in `labels`; −1 where it is not known
    """

    title: str
    columns: tuple[Column, ...]
    rows: pd.DataFrame
    group: NDArray[np.intp]
    mix: NDArray[np.intp]
    labels: tuple[str, ...]

    @property
    def num_groups(self) -> int:
        return int(self.group.max()) + 1 if len(self.group) else 0


def panels(reference: pd.DataFrame, *, max_rows: int, seed: int) -> tuple[Panel, ...]:
    """Returns the panels of a reference, each of at most so many rows.

    Raises: InputError where it lacks what every reference has, or has nothing to compare.
    """
    if lacking := [name for name in ("part", "group") if name not in reference]:
        raise InputError(f"reference: expected the columns part and group, got no {lacking[0]}. Run `dvc repro`.")
    figures = [name for name in reference.columns if name not in BESIDE]
    scores = [name for name in SCORES if name in reference]
    wanted = (("train and validation clips", FIGURES, figures), ("validation and test answers", ANSWERS, scores))
    if (reference["part"] == QUIET).to_numpy().any():  # its figures and answers are of the same clips
        wanted = (("quiet traffic", (QUIET,), figures + scores),)
    made = []
    for title, parts, names in wanted:
        rows = unanswered(sample(reference[reference["part"].isin(parts)], max_rows, seed))
        if found := columns(rows, names):
            made.append(_panel(title, rows, found))
    if not made:
        raise InputError("reference: expected figures of clips and answers to them, got none. Run `dvc repro`.")
    return tuple(made)


def unanswered(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns rows without a score where nothing was seen, as the log has them."""
    if "label" not in rows or "confidence" not in rows:
        return rows
    scores = [name for name in ("confidence", "entropy") if name in rows]
    return rows.assign(**{name: rows[name].where(~rows["label"].isin(list(NOTHING))) for name in scores})


def sample(rows: Any, most: int, seed: int) -> pd.DataFrame:
    """Returns at most so many rows, drawn at random, in their order."""
    if len(rows) <= most:
        return rows
    return rows.iloc[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]


def stand_in(reference: pd.DataFrame, traffic: pd.DataFrame) -> pd.DataFrame:
    """Returns quiet traffic in place of a reference; the version's test answers stay, for how often it is right."""
    figures = [name for name in reference.columns if name not in BESIDE and name in traffic]
    quiet = traffic[[*figures, *(name for name in SCORES if name in traffic)]].astype({"label": "object"})
    quiet = quiet.assign(part=QUIET, group=traffic["client"].astype("object"))
    tested = reference.loc[reference["part"] == "test", [n for n in BESIDE if n in reference]]
    return pd.concat([quiet, tested], ignore_index=True)


def not_compared(reference: pd.DataFrame) -> tuple[str, ...]:
    """Names the figures of which the reference has no value."""
    rows = reference[reference["part"].isin(FIGURES)]
    return tuple(name for name in reference.columns if name not in BESIDE and not present(rows[name]).any())


def weights(panel: Panel, window: Float[np.ndarray, "B L"], kept: Float[np.ndarray, "B N"]) -> Float[np.ndarray, "B N"]:
    """Weights kept rows so that their labels are mixed as in the window, of which counts are given."""
    known = panel.mix >= 0
    if not known.all():
        return kept
    of = (panel.mix[:, None] == np.arange(len(panel.labels))).astype(kept.dtype)
    there = kept @ of
    ratio = np.divide(window, there, out=np.zeros_like(there), where=there > 0)
    empty = ratio.sum(1) == 0
    ratio[empty] = 1.0
    return kept * ratio[:, panel.mix]


def codes(panel: Panel, labels: Any) -> Int[np.ndarray, " n"]:
    """Returns the numbers that a window's labels have in a panel; −1 for one that it does not know."""
    return pd.Index(panel.labels).get_indexer(pd.Index(labels.astype("object")))


def _panel(title: str, rows: pd.DataFrame, found: tuple[Column, ...]) -> Panel:
    answered, true = (np.asarray(rows.get(name, [None] * len(rows)), dtype=object) for name in ("label", "target"))
    mix, names = pd.factorize(np.where(present(answered), answered, true), sort=True)
    return Panel(
        title=title,
        columns=found,
        rows=compared(rows, found).reset_index(drop=True),
        group=pd.factorize(rows["group"])[0],
        mix=mix,
        labels=tuple(str(name) for name in names),
    )
