"""How often answers are right: as people say, as the scores promise before anybody speaks, and as on the test clips."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from monitoring.drift.columns import present, right
from monitoring.drift.report import Interval

CONFIDENCE = 0.95
Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What the test clips say of a version; None where the reference does not tell.

    accuracy  share of right answers; where no hand was seen the answer is wrong
    promised  mean confidence, 0 where there is none
    error     standard error of accuracy − promised, over people
    """

    accuracy: float | None = None
    promised: float = 0.0
    error: float = 0.0

    @classmethod
    def of(cls, reference: pd.DataFrame) -> Self:
        """Reads it from the test part of a reference."""
        if not {"target", "label", "confidence"} <= set(reference.columns):
            return cls()
        rows: Any = reference[np.asarray(reference["part"] == "test") & present(reference["label"])]
        if rows.empty:
            return cls()
        hits, said = right(rows, "target"), promised(rows)
        error = standard_error(hits - said, pd.factorize(rows["group"])[0])
        return cls(accuracy=float(hits.mean()), promised=float(said.mean()), error=error)


def corrected(window: pd.DataFrame, clients: NDArray[np.intp]) -> Interval | None:
    """Returns the accuracy of answers that people spoke of, with Wilson's interval at the effective number of them.

    Clips of one client resemble each other: they count for as many as their scatter between clients says, at most.
    Trap: people correct what is wrong sooner than they confirm what is right; it is a lower bound more than a mean.
    """
    if "truth" not in window:
        return None
    spoken = present(window["truth"])
    count = int(spoken.sum())
    if count == 0:
        return None
    hits = right(window, "truth")[spoken]
    share = float(hits.mean())
    alone = share * (1 - share) / count
    observed = standard_error(hits, pd.factorize(clients[spoken])[0]) ** 2
    effect = max(1.0, observed / alone) if alone > 0 and np.isfinite(observed) else 1.0
    low, high = wilson(share, count / effect)
    return Interval(value=share, low=low, high=high, count=count)


def expected(window: pd.DataFrame, clients: NDArray[np.intp], usual: Usual) -> Interval | None:
    """Returns the accuracy that calibrated confidences promise, less what they promised too much on the test clips.

    Holds where inputs drift and what they mean does not; where a model is sure and wrong, only corrections tell.
    Source: difference of confidences, Guillory et al. 2021, https://arxiv.org/abs/2107.03315, section 3.
    """
    if usual.accuracy is None or window.empty or "confidence" not in window:
        return None
    said, people = promised(window), len(np.unique(clients))
    value = float(said.mean()) + usual.accuracy - usual.promised
    error = standard_error(said, pd.factorize(clients)[0])
    if not np.isfinite(error):  # of one client: nobody knows how far another one's would be from it
        return Interval(value=float(np.clip(value, 0, 1)), low=0.0, high=1.0, count=len(said))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, people - 1)) * float(np.hypot(error, usual.error))
    low, high, value = (float(np.clip(x, 0, 1)) for x in (value - half, value + half, value))
    return Interval(value=value, low=low, high=high, count=len(said))


def promised(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Returns each answer's confidence; 0 where no hand was seen."""
    return np.nan_to_num(np.asarray(rows["confidence"], dtype=np.float64))


def standard_error(values: Array, groups: NDArray[np.intp]) -> float:
    """Returns the standard error of a mean of clips that come in groups; infinite for one group.

    Source: Cochran, Sampling Techniques, 3rd edition, section 6.3: the linearised variance of a ratio.
    """
    num_groups = int(groups.max()) + 1 if len(groups) else 0
    if num_groups < 2:
        return float("inf")
    away = np.bincount(groups, values - values.mean(), num_groups)
    return float(np.sqrt(np.square(away).sum() * num_groups / (num_groups - 1)) / len(values))


def wilson(share: float, count: float) -> tuple[float, float]:
    """Returns Wilson's score interval; `count` may be an effective number."""
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return max(0.0, middle - half), min(1.0, middle + half)
