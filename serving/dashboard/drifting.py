"""Drift reports as series: how far each look was off in thresholds, what it was taken for, and accuracy beside it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from monitoring.drift.report import ColumnDrift, Report
from monitoring.policy import Verdict

Look = tuple[Report, Verdict | None]
MOST_LOOKS = 120
MOST_COLUMNS = 8  # that have a series of their own: those that were furthest off


def drifting(looks: Sequence[Look]) -> dict[str, Any]:
    """Returns it as JSON has it; `looks` come newest first."""
    kept = list(reversed(looks[:MOST_LOOKS]))
    if not kept:
        return {"looks": [], "columns": [], "series": []}
    newest, _ = kept[-1]
    return {
        "looks": [_look(report, verdict) for report, verdict in kept],
        "columns": sorted((_column(column) for column in newest.columns), key=_furthest_first),
        "series": _series([report for report, _ in kept]),
        "groups": list(newest.groups)[:12],
    }


def _look(report: Report, verdict: Verdict | None) -> dict[str, Any]:
    fired = sorted((c for c in report.columns if c.fired), key=lambda column: -column.excess)
    return {
        "made": report.made.isoformat(timespec="seconds"),
        "since": report.since.isoformat(timespec="seconds") if report.since else None,
        "until": report.until.isoformat(timespec="seconds") if report.until else None,
        "version": report.version,
        "predictions": report.predictions,
        "sampled": report.sampled,
        "clients": report.clients,
        "calibrated": report.calibrated,
        "why_not": report.why_not,
        "excess": max((column.excess for column in report.columns), default=0.0),
        "fired": [column.name for column in fired],
        "corrected": asdict(report.corrected) if report.corrected else None,
        "expected": asdict(report.expected) if report.expected else None,
        "usual": report.usual,
        "action": verdict.action if verdict else None,
        "cause": verdict.cause if verdict else None,
        "reasons": list(verdict.reasons) if verdict else [],
    }


def _column(column: ColumnDrift) -> dict[str, Any]:
    return {**asdict(column), "missing": list(column.missing), "fired": column.fired, "excess": column.excess}


def _furthest_first(column: dict[str, Any]) -> tuple[float, str]:
    return -column["excess"], column["name"]


def _series(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Returns the columns that were furthest off in any look, in thresholds; None where a look has no value."""
    furthest: dict[str, float] = {}
    for report in reports:
        for column in report.columns:
            furthest[column.name] = max(furthest.get(column.name, 0.0), column.excess)
    names = sorted(furthest, key=lambda name: (-furthest[name], name))[:MOST_COLUMNS]
    return [{"name": name, "excess": [_excess(report.of(name)) for report in reports]} for name in names]


def _excess(column: ColumnDrift | None) -> float | None:
    return None if column is None or column.distance is None or not column.threshold else column.excess
