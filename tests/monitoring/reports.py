"""Drift reports with a few columns, for tests of what follows from them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.drift.report import ColumnDrift, Family, Interval, Kind, Report

START = datetime(2026, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def column(
    name: str,
    family: Family,
    *,
    excess: float = 0.0,
    window: float | str | None = 0.5,
    reference: float | str | None = 0.5,
    kind: Kind = "number",
) -> ColumnDrift:
    """Returns a column whose distance is `excess` thresholds."""
    return ColumnDrift(
        name=name,
        family=family,
        kind=kind,
        method="ks",
        distance=excess,
        threshold=1.0,
        reference=reference,
        window=window,
        missing=(0.0, 0.0),
    )


def lost_hand(excess: float = 5.0) -> tuple[ColumnDrift, ...]:
    """The right hand is lost in a third of the frames, and both hands are seen together as much more rarely."""
    shares = {"left": (0.9, 0.0), "right": (0.61, excess), "both": (0.55, excess * 0.9)}
    return tuple(
        column(f"{side}_seen_share", "seen", kind="share", excess=of, window=now, reference=0.94 if of else now)
        for side, (now, of) in shares.items()
    )


def sure(excess: float = 0.0) -> ColumnDrift:
    return column("confidence", "score", excess=excess, window=0.6, reference=0.8)


def accuracy(value: float, *, half_width: float = 0.03, count: int = 100) -> Interval:
    return Interval(value=value, low=max(value - half_width, 0.0), high=min(value + half_width, 1.0), count=count)


def report(*columns: ColumnDrift, at: datetime = START, **fields: Any) -> Report:
    """Returns a calibrated report of the 500 predictions of the hour before `at`."""
    values: dict[str, Any] = {
        "track": "letters",
        "version": 3,
        "made": at,
        "since": at - HOUR,
        "until": at,
        "predictions": 500,
        "sampled": 500,
        "clients": 12,
        "calibrated": True,
        "why_not": "",
        "columns": columns or (sure(),),
        "corrected": None,
        "expected": None,
        "usual": 0.9,
    }
    return Report(**values | fields)
