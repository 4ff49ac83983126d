"""Drift reports as a series: a row a look, in the prediction log's database, whether anything fired or not."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from monitoring.drift.report import Report
from monitoring.log.database import Database
from monitoring.log.tables import drift_reports
from monitoring.policy import Verdict


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One look: its number in the series, what was found, and what was decided on it; None where nobody did."""

    number: int
    report: Report
    verdict: Verdict | None


def keep(database: Database, report: Report, verdict: Verdict | None = None) -> int:
    """Stores a report, on the disk when it returns, and returns its number."""
    row = {
        "made": report.made,
        "track": report.track,
        "version": report.version,
        "fired": report.fired,
        "report": report.to_json(),
        "verdict": None if verdict is None else asdict(verdict),
    }
    with database.writing() as connection:
        (number,) = connection.execute(drift_reports.insert().returning(drift_reports.c.number), row).one()
    return int(number)


def kept(database: Database, track: str, *, limit: int | None = None, since: datetime | None = None) -> list[Kept]:
    """Returns a track's looks, the newest first."""
    of = drift_reports.c
    query = select(drift_reports).where(of.track == track).order_by(of.made.desc(), of.number.desc()).limit(limit)
    if since is not None:
        query = query.where(of.made >= since)
    with database.reading() as connection:
        return [_kept(row) for row in connection.execute(query)]


def _kept(row: Any) -> Kept:
    said = row.verdict
    verdict = None if said is None else Verdict(**{**said, "reasons": tuple(said["reasons"])})
    return Kept(number=row.number, report=Report.from_json(row.report), verdict=verdict)
