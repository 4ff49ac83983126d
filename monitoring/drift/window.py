"""A window of the log: what a version answered and gave back to somebody, a sample of it where that is much.

A sample is drawn inside the database, so that memory and time stay what they are for windows of any length.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, and_, func, literal, select

from monitoring.log import reading
from monitoring.log.database import Database
from monitoring.log.tables import NUMBER, predictions

ROLES = ("production", "canary", "pinned")  # a shadow's answer was given to nobody
FACTOR, RANGE = 2_654_435_761, 2**32  # Knuth's multiplicative hash of a row's number


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows as `reading.chunks` gives them, and of how many predictions they are."""

    rows: pd.DataFrame
    predictions: int


def read(
    database: Database,
    track: str,
    version: int,
    *,
    newest: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int,
) -> Window:
    """Reads the newest answers of a version, or those of a time; about `most` of them where there are more."""
    of = predictions.c
    wanted: ColumnElement[bool] = and_(of.version == version, of.role.in_(ROLES))
    count = _count(database, track, wanted, since, until)
    if newest is not None and newest < count:
        since, count = _since(database, track, wanted, newest, since, until) or since, newest
    if count > most:
        wanted = and_(wanted, (of.number * literal(FACTOR, NUMBER)) % RANGE < round(RANGE * most / count))
    limit = newest if count <= most else None
    return Window(
        rows=reading.read(database, track, since=since, until=until, limit=limit, only=wanted), predictions=count
    )


def first(database: Database, track: str, version: int, *, count: int) -> datetime | None:
    """Returns when a version had answered so many; None where it has not."""
    of = predictions.c
    wanted = (of.track == track, of.version == version, of.role.in_(ROLES))
    query = select(of.time).where(*wanted).order_by(of.time).offset(count - 1).limit(1)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def _count(
    database: Database, track: str, wanted: ColumnElement[bool], since: datetime | None, until: datetime | None
) -> int:
    with database.reading() as connection:
        query = select(func.count()).select_from(predictions).where(wanted, *_between(track, since, until))
        return int(connection.execute(query).scalar_one())


def _since(
    database: Database,
    track: str,
    wanted: ColumnElement[bool],
    newest: int,
    since: datetime | None,
    until: datetime | None,
) -> datetime | None:
    """Returns the time of the oldest of the newest predictions."""
    time = predictions.c.time
    query = select(time).where(wanted, *_between(track, since, until)).order_by(time.desc()).offset(newest - 1).limit(1)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def _between(track: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    found = [predictions.c.track == track]
    found += [predictions.c.time >= since] if since else []
    return found + ([predictions.c.time < until] if until else [])
