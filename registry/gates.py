"""Decides whether a candidate may answer: floors on its metrics, and a paired comparison with Production. Pure.

A decision is a value with readable reasons. A refused model is no error.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pipeline.params import AgainstProduction, Gates, OnRecent, Rule
from registry.paired import Against, Comparison, Incomparable, InProduction, Paired, in_words, measured, stated

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
class Decision:
    """What was decided, and why, in words."""

    status: Status
    reasons: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    comparison: Comparison | None = None
    recent: Comparison | None = None  # on recent clips, where drift called for the candidate

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
            **{name: Comparison(**fields[name]) for name in ("comparison", "recent") if fields.get(name)},
        )


def judge(metrics: dict[str, Any], gates: Gates, against: Against, recent: Against = None) -> Decision:
    """Holds a candidate to every rule; the first kind of failure names the status.

    recent  both on recent clips; None where drift did not call for the candidate
    """
    floors = tuple(_floor(name, rule, metrics.get(name)) for name, rule in gates.rules.items())
    comparison, paired = _held(against, gates.against_production, ON_TEST)
    on_recent, better = _held(recent, gates.recent, ON_RECENT)
    checks = floors + paired + better
    if isinstance(against, InProduction):
        reasons = (f"version {against.version} is already in Production and stays there; only its floors were judged",)
    elif against is None:
        reasons = ("nothing is in Production yet: only the floors were judged",)
    else:
        reasons = ()
    failed: list[Status] = [check.status for check in checks if not check.passed]
    status: Status = "passed" if not failed else "refused" if "refused" in failed else failed[0]
    return Decision(
        status=status,
        reasons=tuple(c.words for c in checks) + reasons,
        checks=checks,
        comparison=comparison,
        recent=on_recent,
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


def _held(
    against: Against, rule: AgainstProduction | OnRecent | None, on: "_On"
) -> tuple[Comparison | None, tuple[Check, ...]]:
    """Holds a candidate against Production; nothing is checked without a rule, or where there is nobody to compare."""
    if rule is not None and isinstance(against, Paired):
        return _compare(against, rule, on)
    if rule is not None and isinstance(against, Incomparable):
        head = on.head(against.version)
        words = f"{head}: not comparable, {against.why}. A person decides."
        return None, (_against(head, "comparable", None, "not comparable", words),)
    return None, ()


@dataclass(frozen=True)
class _On:
    """What a comparison is on, in words."""

    before: str
    units: str

    def head(self, version: int) -> str:
        return f"{self.before}against version {version}"


ON_TEST, ON_RECENT = _On("", "test groups"), _On("on recent clips ", "clients")


def _compare(
    paired: Paired, rule: AgainstProduction | OnRecent, on: _On
) -> tuple[Comparison | None, tuple[Check, ...]]:
    head, margin = on.head(paired.version), rule.margin if isinstance(rule, AgainstProduction) else 0.0
    checks: list[Check] = []
    if paired.lost_classes and isinstance(rule, AgainstProduction) and not rule.allow_lost_classes:
        words = f"{head}: no longer knows {_listed(paired.lost_classes)}: refused"
        checks.append(_against(head, "no class lost", len(paired.lost_classes), "refused", words))
    asked, units = stated(paired, margin), len(set(paired.unit.astype(str)))
    if units < rule.min_units:
        left = (
            f" ({len(paired.left_out)} left out: version {paired.version} learned from them)" if paired.left_out else ""
        )
        words = f"{head}: {units} {on.units}{left}, {rule.min_units} needed: not enough evidence. A person decides."
        checks.append(_against(head, asked, None, "not enough evidence", words))
        return None, tuple(checks)
    comparison = measured(paired, margin, rule)
    status: Status = "passed" if comparison.lower > -margin else "refused"
    words = f"{head}: {in_words(comparison, on.units)}: {status}"
    checks.append(_against(head, asked, comparison.lower, status, words))
    return comparison, tuple(checks)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _against(metric: str, rule: str, value: float | None, status: Status, words: str) -> Check:
    return Check(metric=metric, rule=rule, value=value, status=status, words=words)
