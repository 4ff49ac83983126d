"""Decides whether a candidate may answer: floors on its metrics, and a paired comparison with Production. Pure.

A decision is a value with readable reasons. A refused model is no error.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.params import AgainstProduction, Gates, Rule
from registry.statistics import bounds

Status = Literal["passed", "refused", "not enough evidence", "not comparable"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule held against one value; None is a metric that is missing or NaN."""

    metric: str
    rule: str
    value: float | None
    status: Status
    words: str

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Candidate and incumbent on the same test clips, of classes that both know.

    candidate, incumbent  [N] bool, right or wrong
    unit                  [N], the signer or recording
    """

    version: int
    candidate: NDArray[np.bool_]
    incumbent: NDArray[np.bool_]
    unit: NDArray[Any]
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
    """The figures of a paired comparison; `bounds` by method, the smallest counts."""

    version: int
    difference: float
    lower: float
    margin: float
    bounds: dict[str, float]
    units: int
    clips: int
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided, and why, in words."""

    status: Status
    reasons: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    comparison: Comparison | None = None

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def to_json(self) -> dict[str, Any]:
        return {"passed": self.passed, **asdict(self)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Decision":
        return cls(
            status=fields["status"],
            reasons=tuple(fields["reasons"]),
            checks=tuple(Check(**check) for check in fields["checks"]),
            comparison=Comparison(**fields["comparison"]) if fields["comparison"] else None,
        )


def judge(metrics: dict[str, Any], gates: Gates, against: Against) -> Decision:
    """Holds a candidate to every rule; the first kind of failure names the status."""
    floors = tuple(_floor(name, rule, metrics.get(name)) for name, rule in gates.rules.items())
    rule, comparison = gates.against_production, None
    paired: tuple[Check, ...] = ()
    if rule is not None and isinstance(against, Paired):
        comparison, paired = _compare(against, rule)
    elif rule is not None and isinstance(against, Incomparable):
        words = f"against version {against.version}: not comparable, {against.why}. A person decides."
        paired = (_against(against.version, "comparable", None, "not comparable", words),)
    checks = floors + paired
    if isinstance(against, InProduction):
        reasons = (f"version {against.version} is already in Production and stays there; only its floors were judged",)
    elif against is None:
        reasons = ("nothing is in Production yet: only the floors were judged",)
    else:
        reasons = ()
    failed: list[Status] = [check.status for check in checks if not check.passed]
    status: Status = "passed" if not failed else "refused" if "refused" in failed else failed[0]
    return Decision(
        status=status, reasons=tuple(c.words for c in checks) + reasons, checks=checks, comparison=comparison
    )


def with_history(decision: Decision, decisions_before: int) -> Decision:
    """Adds how often this test set has already decided: each look makes a lucky pass likelier."""
    if not decisions_before:
        return decision
    times = "once" if decisions_before == 1 else f"{decisions_before} times"
    return replace(decision, reasons=(*decision.reasons, f"this test set has already decided {times}"))


def _floor(metric: str, rule: Rule, value: Any) -> Check:
    stated = " and ".join(f"{sign} {x:g}" for sign, x in (("≥", rule.min), ("≤", rule.max)) if x is not None)
    if not isinstance(value, int | float) or not math.isfinite(value):
        what = "missing" if value is None else "not a number"
        words = f"{metric} {what}, {stated} asked for: refused"
        return Check(metric=metric, rule=stated, value=None, status="refused", words=words)
    if rule.min is not None and value < rule.min:
        words = f"{metric} {_figure(value, rule.min)} < {rule.min:g}: refused"
    elif rule.max is not None and value > rule.max:
        words = f"{metric} {_figure(value, rule.max)} > {rule.max:g}: refused"
    else:
        words = f"{metric} {value:.3f} {stated}: passed"
    status: Status = "passed" if words.endswith("passed") else "refused"
    return Check(metric=metric, rule=stated, value=float(value), status=status, words=words)


def _figure(value: float, limit: float) -> str:
    """Enough digits that a value beside its limit is not printed as the limit."""
    return next((text for d in (3, 4, 5, 6) if float(text := f"{value:.{d}f}") != limit), repr(value))


def _compare(paired: Paired, rule: AgainstProduction) -> tuple[Comparison | None, tuple[Check, ...]]:
    head = f"against version {paired.version}"
    checks: list[Check] = []
    if paired.lost_classes and not rule.allow_lost_classes:
        words = f"{head}: no longer knows {_listed(paired.lost_classes)}: refused"
        checks.append(_against(paired.version, "no class lost", len(paired.lost_classes), "refused", words))
    units, index = np.unique(paired.unit.astype(str), return_inverse=True)
    gained, lost, clips = (
        np.bincount(index, weights=x, minlength=len(units)).astype(float)
        for x in (paired.candidate & ~paired.incumbent, paired.incumbent & ~paired.candidate, np.ones(len(index)))
    )
    stated = f"> −{100 * rule.margin:.1f} points"
    if len(units) < rule.min_units:
        left = (
            f" ({len(paired.left_out)} left out: version {paired.version} learned from them)" if paired.left_out else ""
        )
        words = (
            f"{head}: {len(units)} test groups{left}, {rule.min_units} needed: not enough evidence. A person decides."
        )
        checks.append(_against(paired.version, stated, None, "not enough evidence", words))
        return None, tuple(checks)
    found = bounds(gained, lost, clips, confidence=rule.confidence, bootstrap=rule.bootstrap, seed=rule.seed)
    comparison = Comparison(
        version=paired.version,
        difference=float(found.difference),
        lower=float(found.lower),
        margin=rule.margin,
        bounds={name: float(getattr(found, name)) for name in ("cluster_t", "bootstrap", "score")},
        units=len(units),
        clips=int(clips.sum()),
        gained=int(gained.sum()),
        lost=int(lost.sum()),
    )
    status: Status = "passed" if comparison.lower > -rule.margin else "refused"
    words = f"{head}: {_in_words(comparison)}: {status}"
    checks.append(_against(paired.version, stated, comparison.lower, status, words))
    return comparison, tuple(checks)


def _in_words(found: Comparison) -> str:
    asked = f"may lose at most {100 * found.margin:.1f}" if found.margin else "must be better"
    figures = f"{_points(found.difference)} points (lower bound {_points(found.lower)}), {asked}"
    if found.lower <= -found.margin < found.difference:
        figures += f"; close, but {found.clips} clips of {found.units} groups cannot show it"
    return figures


def _points(share: float) -> str:
    text = f"{100 * abs(share):.1f}"
    return text if float(text) == 0 else f"{'−' if share < 0 else '+'}{text}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _against(version: int, rule: str, value: float | None, status: Status, words: str) -> Check:
    return Check(metric=f"against version {version}", rule=rule, value=value, status=status, words=words)
