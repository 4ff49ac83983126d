"""What a drift report leads to. Pure: the report, the rules of params.yaml and what was done before give a verdict.

What the windows say comes first (_drift): one that fires is not enough, and a cause that was named stays until the
windows are quiet again. Only then what may be done about it (_limited). See docs/decisions/016.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitoring import causes
from monitoring.causes import percent
from monitoring.chains import Cause, Part, chain
from monitoring.drift.report import Interval, Report
from pipeline.params import Policy, Watch

Action = Literal["nothing", "warn", "retrain"]
DRIFT: tuple[Part, ...] = ("detector", "camera", "canvas", "sensor", "people", "labels", "model", "unknown")
WEEK = timedelta(days=7)
UNTOLD = "how large its errors are now nobody knows before the truth arrives: a person decides whether to retrain"
SHOWN = 3  # columns that are put into words


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to do, and why in words; the first reason is the one to show where there is room for one line."""

    action: Action
    cause: Cause
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Past:
    """An earlier look at the same track, and what was said of it; `retrain` then set off a retraining."""

    report: Report
    verdict: Verdict | None = None


def decide(
    report: Report, before: Sequence[Past], policy: Policy, watch: Watch, *, now: datetime, corrections: int = 0
) -> Verdict:
    """Says what to do about a report.

    before       earlier looks at the track, in any order: `of` windows of this version, a week of retrainings
    corrections  that people gave since the last retraining
    """
    earlier = sorted(before, key=lambda past: past.report.made, reverse=True)
    verdict = _drift(report, earlier, policy, watch)
    if 0 < policy.min_corrections <= corrections and verdict.action != "retrain":
        new = f"{corrections} new corrections, {policy.min_corrections} set off a retraining"
        aside = verdict.reasons if verdict.action == "warn" else ()
        verdict = Verdict(action="retrain", cause="corrections", reasons=(new, *aside))
    return _limited(verdict, earlier, policy, now=now)


def _drift(report: Report, earlier: Sequence[Past], policy: Policy, watch: Watch) -> Verdict:
    """Says what the windows amount to, whatever was done before."""
    if report.predictions < watch.min_predictions:
        few = f"{report.predictions} predictions in the window, nothing is said of fewer than {watch.min_predictions}"
        return Verdict(action="nothing", cause="none", reasons=(few,))
    windows = _windows(report, earlier, policy, watch)
    alarming = [window for window in windows if window.fired or _doubted(window, policy) or _wrong(window, policy)]
    ongoing = _ongoing(report, earlier)
    if not alarming or (ongoing is None and len(alarming) < watch.firing):
        return _quiet(report, len(alarming), policy, watch)
    of = chain(report.form)
    columns = causes.strengths(causes.fired(alarming), of)
    named: list[Part] = [*columns, "model"]  # the strongest first; without any it is people who say so, or a promise
    cause = ongoing if ongoing is not None and ongoing in columns else named[0]
    action: Action = "retrain" if _teachable(cause, windows, policy, watch) else "warn"
    said = [causes.words(column, of) for column in columns.get(cause, [])[:SHOWN]]
    first, *more = [*said, *_accuracies(alarming[0], policy)]
    others = [f"also {causes.words(found[0], of)}" for other, found in columns.items() if other != cause]
    untold = [] if report.classifies else [UNTOLD]
    return Verdict(action=action, cause=cause, reasons=(f"{first}: {of.advice[cause]}", *more, *others, *untold))


def _quiet(report: Report, alarming: int, policy: Policy, watch: Watch) -> Verdict:
    if alarming:
        what = [causes.words(column, chain(report.form)) for column in causes.fired([report]).values()] or _accuracies(
            report, policy
        )
        said = (
            f"{alarming} of the {watch.firing} windows that it takes fired: {'; '.join(what[:SHOWN]) or 'not this one'}"
        )
        return Verdict(action="nothing", cause="none", reasons=(said,))
    if not report.calibrated:
        return Verdict(action="nothing", cause="collecting", reasons=(f"uncalibrated: {report.why_not}",))
    like = f"{report.predictions} predictions of {report.clients} clients look like what the model was made with"
    return Verdict(action="nothing", cause="none", reasons=(like,))


def _teachable(cause: Cause, windows: list[Report], policy: Policy, watch: Watch) -> bool:
    """Whether a retraining may heal it: people say that answers are wrong, or scores do and no camera explains it."""
    if cause == "detector":
        return False
    by_scores = cause in ("people", "model")
    wrong = [_wrong(window, policy) or (by_scores and _doubted(window, policy)) for window in windows]
    return sum(wrong) >= watch.firing


def _limited(verdict: Verdict, earlier: Sequence[Past], policy: Policy, *, now: datetime) -> Verdict:
    """Turns a retraining into a warning where one was set off lately, or often enough this week."""
    asked = [past.report.made for past in earlier if past.verdict and past.verdict.action == "retrain"]
    if verdict.action != "retrain":
        return verdict
    free = max(asked, default=now - WEEK) + timedelta(hours=policy.cooldown_h)
    week = sum(made > now - WEEK for made in asked)
    if asked and free > now:
        why = f"a retraining was set off at {max(asked):%Y-%m-%d %H:%M}; the next one not before {free:%Y-%m-%d %H:%M}"
    elif week >= policy.weekly:
        why = f"{week} of {policy.weekly} retrainings of this week are used up: a person decides"
    else:
        return verdict
    return replace(verdict, action="warn", reasons=(*verdict.reasons, f"not retrained: {why}"))


def _windows(report: Report, earlier: Sequence[Past], policy: Policy, watch: Watch) -> list[Report]:
    """Returns the newest `of` windows of the version that are not the same predictions again, newest first."""
    found = [report]
    for past in earlier:
        same = past.report.version == report.version and past.report.predictions >= watch.min_predictions
        if len(found) < watch.of and same and _fresh(found[-1], past.report, policy.fresh):
            found.append(past.report)
    return found


def _fresh(newer: Report, older: Report, share: float) -> bool:
    """Whether enough of a window lies behind an older one: else both are one window, looked at twice."""
    if newer.since is None or newer.until is None or older.until is None:
        return False
    new = newer.until - max(older.until, newer.since)
    return newer.since > older.until or new >= max(share * (newer.until - newer.since), timedelta.resolution)


def _ongoing(report: Report, earlier: Sequence[Past]) -> Part | None:
    """Returns the cause that was named last and has not been called off since; None where all was quiet."""
    for past in earlier:
        if past.verdict and past.report.version == report.version and past.verdict.cause != "corrections":
            return next(
                (part for part in DRIFT if past.verdict.action != "nothing" and part == past.verdict.cause), None
            )
    return None


def _wrong(report: Report, policy: Policy) -> bool:
    """Whether people say that the answers are worse than usual; enough of them, since they speak of what is wrong."""
    corrected = report.corrected
    return corrected is not None and corrected.count >= policy.min_corrected and _below(corrected, report, policy)


def _doubted(report: Report, policy: Policy) -> bool:
    """Whether the scores say so, before anybody speaks."""
    scores = any(column.fired for column in report.columns if column.family == "score")
    return scores or (report.expected is not None and _below(report.expected, report, policy))


def _below(accuracy: Interval, report: Report, policy: Policy) -> bool:
    return report.usual is not None and accuracy.high < report.usual - policy.accuracy_drop


def _accuracies(report: Report, policy: Policy) -> list[str]:
    """Says which accuracies are below the usual."""
    of = {
        "corrected answers": report.corrected if _wrong(report, policy) else None,
        "the scores' promise": report.expected,
    }
    return [
        f"accuracy by {name} {percent(value.value)} ({percent(value.low)} to {percent(value.high)}, {value.count} "
        f"answers), {percent(report.usual or 0)} on the test clips"
        for name, value in of.items()
        if value and _below(value, report, policy)
    ]
