"""What was answered and what people said of it, over time: sums that the database makes, never its rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Integer, Select, and_, case, cast, func, select

from monitoring.log.database import Database
from monitoring.log.review import review
from monitoring.log.tables import corrections, predictions
from pipeline.contract import NOTHING

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
            "spoken": _spoken(connection, moment, track, since),
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
    unseen = func.sum(case((of.label.in_(NOTHING), 1), else_=0))
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


def _spoken(connection: Connection, moment: ColumnElement[str], track: str, since: datetime) -> list[dict[str, Any]]:
    """Returns what people said, by the time of the answer: how many were put right, how many confirmed.

    Trap: left to its choice SQLite looks, for each answer of the track, through all that was ever said, which takes
    minutes. `coalesce` keeps the track's index from it: so it looks up, by id, the answers that somebody spoke of.
    """
    newest = select(func.max(corrections.c.number).label("number")).group_by(corrections.c.id).subquery()
    said, when = corrections.c, moment.label("at")
    query = (
        select(
            when,
            func.sum(case((said.kind == "corrected", 1), else_=0)).label("corrected"),
            func.sum(case((said.kind == "confirmed", 1), else_=0)).label("confirmed"),
            (func.sum(case((said.label == of.label, 1), else_=0)) / cast(func.count(), Float)).label("right"),
        )
        .select_from(newest)
        .join(corrections, said.number == newest.c.number)
        .join(predictions, of.id == said.id)
        .where(said.kind != "withdrawn", of.role != "shadow")
        .where(func.coalesce(of.track, "") == track, func.coalesce(of.time, since) >= since)
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
