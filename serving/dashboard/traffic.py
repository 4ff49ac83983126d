"""What was answered and what people said of it, over time: sums that the database makes, never its rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Integer, Select, and_, case, cast, func, select

from monitoring.log.database import Database
from monitoring.log.feedback import counting
from monitoring.log.review import review
from monitoring.log.tables import predictions
from pipeline.contract import NO_HAND

DAYS = 60  # that are looked back
HOURS = 72  # a log whose window is younger is shown by the hour
MOST_LABELS = 12
REVIEWED = 8
of = predictions.c


def traffic(database: Database, track: str, *, now: datetime) -> dict[str, Any]:
    """Returns a track's answers by day, or by hour where only some days have any; shadows are counted apart."""
    since = now - timedelta(days=DAYS)
    window = and_(of.track == track, of.time >= since)
    answered = and_(window, of.role != "shadow")
    with database.reading() as connection:
        first, last, total = connection.execute(
            select(func.min(of.time), func.max(of.time), func.count()).where(answered)
        ).one()
        if not total:
            return {"answers": 0, "by": "day", "series": [], "labels": [], "roles": _roles(connection, window)}
        hourly = last - first < timedelta(hours=HOURS)
        moment = _moment(connection, hourly=hourly)
        return {
            "answers": total,
            "first": first.isoformat(timespec="seconds"),
            "last": last.isoformat(timespec="seconds"),
            "by": "hour" if hourly else "day",
            "series": _series(connection, moment, answered),
            "spoken": _spoken(connection, moment, answered),
            "labels": _labels(connection, answered),
            "roles": _roles(connection, window),
            "last_day": connection.scalar(select(func.count()).where(answered, of.time >= now - timedelta(days=1))),
        }


def queue(database: Database, track: str) -> list[dict[str, Any]]:
    """Returns the answers that are worth a person's word, the most doubtful first."""
    return [
        {
            "id": one.id,
            "time": one.time.isoformat(timespec="seconds"),
            "version": one.version,
            "top": [[label, share] for label, share in one.top[:3]],
            "uncertain": one.uncertain,
            "kept": one.kept,
            "doubt": one.doubt,
        }
        for one in review(database, track, limit=REVIEWED)
    ]


def _moment(connection: Connection, *, hourly: bool) -> ColumnElement[str]:
    """Returns the day or hour (UTC) of an answer, as ISO 8601 writes it."""
    if connection.dialect.name == "postgresql":
        return func.to_char(of.time, 'YYYY-MM-DD"T"HH24:00' if hourly else "YYYY-MM-DD")
    return func.strftime("%Y-%m-%dT%H:00" if hourly else "%Y-%m-%d", of.time)


def _series(connection: Connection, moment: ColumnElement[str], window: ColumnElement[bool]) -> list[dict[str, Any]]:
    when = moment.label("at")
    unseen = func.sum(case((of.label == NO_HAND, 1), else_=0))
    query = (
        select(
            when,
            of.version,
            func.count().label("answers"),
            func.sum(cast(func.coalesce(of.uncertain, False), Integer)).label("uncertain"),
            unseen.label("unseen"),
            func.avg(of.confidence).label("confidence"),
            func.avg(of.latency_ms).label("latency_ms"),
        )
        .where(window)
        .group_by(when, of.version)
        .order_by(when, of.version)
    )
    return _rows(connection, query)


def _spoken(connection: Connection, moment: ColumnElement[str], window: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Returns what people said, by the time of the answer: how many were put right, how many confirmed."""
    latest = counting().subquery()
    when = moment.label("at")
    query = (
        select(
            when,
            func.sum(case((latest.c.kind == "corrected", 1), else_=0)).label("corrected"),
            func.sum(case((latest.c.kind == "confirmed", 1), else_=0)).label("confirmed"),
            (func.sum(case((latest.c.label == of.label, 1), else_=0)) / cast(func.count(), Float)).label("right"),
        )
        .join_from(latest, predictions, latest.c.id == of.id)
        .where(window)
        .group_by(when)
        .order_by(when)
    )
    return _rows(connection, query)


def _labels(connection: Connection, window: ColumnElement[bool]) -> list[dict[str, Any]]:
    count = func.count().label("answers")
    query = select(of.label, count).where(window).group_by(of.label).order_by(count.desc(), of.label)
    return _rows(connection, query.limit(MOST_LABELS))


def _roles(connection: Connection, window: ColumnElement[bool]) -> dict[str, int]:
    rows: Sequence[Any] = connection.execute(select(of.role, func.count()).where(window).group_by(of.role)).all()
    return dict(rows)


def _rows(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    """Returns rows by column; SQLAlchemy's names of columns are strings of its own, which orjson refuses."""
    return [{str(name): value for name, value in row._mapping.items()} for row in connection.execute(query)]
