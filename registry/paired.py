"""Candidate and incumbent on the same clips: what is compared, the difference with its bounds, and both in words. Pure.

Right answers are counted, in points; what else a metric measures of each clip is averaged, in its own unit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.params import AgainstProduction, OnRecent
from registry.statistics import bounds, of_means

ACCURACY = "accuracy"


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Candidate and incumbent on the same test clips, of classes that both know.

    candidate, incumbent  [N], of each clip: whether it was answered rightly, or what `metric` measures of the answer
    unit                  [N], the signer or recording
    metric                what is compared, as `metrics.json` calls it
    lower_is_better       of an error
    """

    version: int
    candidate: NDArray[Any]
    incumbent: NDArray[Any]
    unit: NDArray[Any]
    metric: str = ACCURACY
    lower_is_better: bool = False
    lost_classes: tuple[str, ...] = ()  # the incumbent knows them, the candidate does not
    left_out: tuple[str, ...] = ()  # groups that the incumbent learned from


@dataclass(frozen=True, kw_only=True)
class Incomparable:
    """An incumbent that cannot be asked about these clips."""

    version: int
    why: str


@dataclass(frozen=True, kw_only=True)
class InProduction:
    """The candidate is the incumbent: only its floors can change."""

    version: int


Against = Paired | Incomparable | InProduction | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The figures of a paired comparison; `bounds` by method, the smallest counts.

    difference          by how much the candidate is better: of an error, by how much it is smaller
    gained, lost        clips on which the candidate is the better, or the worse one
    candidate, against  the means of what is no share of right answers
    """

    version: int
    difference: float
    lower: float
    margin: float
    bounds: dict[str, float]
    units: int
    clips: int
    gained: int
    lost: int
    metric: str = ACCURACY
    lower_is_better: bool = False
    candidate: float | None = None
    against: float | None = None


def measured(paired: Paired, margin: float, rule: AgainstProduction | OnRecent) -> Comparison:
    """Returns the paired difference with its bounds; needs two units."""
    names, index = np.unique(paired.unit.astype(str), return_inverse=True)
    sign = -1 if paired.lower_is_better else 1
    gain = sign * (paired.candidate.astype(float) - paired.incumbent.astype(float))
    how = {"confidence": rule.confidence, "bootstrap": rule.bootstrap, "seed": rule.seed}

    def summed(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(index, weights=values, minlength=len(names)).astype(float)

    clips, means = summed(np.ones(len(index))), {}
    if paired.metric == ACCURACY:
        found = bounds(summed(gain > 0), summed(gain < 0), clips, **how)
    else:
        found = of_means(summed(gain), clips, **how)
        means = {"candidate": float(paired.candidate.mean()), "against": float(paired.incumbent.mean())}
    by_method = {name: getattr(found, name) for name in ("cluster_t", "bootstrap", "score")}
    return Comparison(
        version=paired.version,
        difference=float(found.difference),
        lower=float(found.lower),
        margin=margin,
        bounds={name: float(value) for name, value in by_method.items() if value is not None},
        units=len(names),
        clips=len(index),
        gained=int((gain > 0).sum()),
        lost=int((gain < 0).sum()),
        metric=paired.metric,
        lower_is_better=paired.lower_is_better,
        **means,
    )


def stated(paired: Paired, margin: float) -> str:
    """Says what is asked of the difference."""
    if paired.metric == ACCURACY:
        return f"> −{100 * margin:.1f} points" if margin else "> 0 points"
    return f"< +{margin:g}" if paired.lower_is_better else f"> −{margin:g}" if margin else "> 0"


def in_words(found: Comparison, units: str) -> str:
    """Says a difference, its bound on the bad side, and what is asked of it."""
    if found.metric == ACCURACY:
        asked = f"may lose at most {100 * found.margin:.1f}" if found.margin else "must be better"
        figures = f"{_points(found.difference)} points (lower bound {_points(found.lower)}), {asked}"
    else:
        asked = f"may be worse by at most {found.margin:g}" if found.margin else "must be better"
        sign, end = (-1, "upper") if found.lower_is_better else (1, "lower")
        figures = (
            f"{found.metric} {found.candidate:.3g} against {found.against:.3g}: {signed(sign * found.difference)} "
            f"({end} bound {signed(sign * found.lower)}), {asked}"
        )
    if found.lower <= -found.margin < found.difference:
        figures += f"; close, but {found.clips} clips of {found.units} {units.removeprefix('test ')} cannot show it"
    return figures


def signed(value: float) -> str:
    """Writes a difference in a metric's own unit."""
    text = f"{abs(value):.2g}"
    return text if float(text) == 0 else f"{'−' if value < 0 else '+'}{text}"


def _points(share: float) -> str:
    text = f"{100 * abs(share):.1f}"
    return text if float(text) == 0 else f"{'−' if share < 0 else '+'}{text}"
