"""The log as tables: one prediction, a window of them, how many there are.

A window is streamed, some thousand rows at a time; `chunks` keeps no more than that in memory. While it is read,
SQLite's -wal file grows by what others write.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from monitoring.log.database import Database
from monitoring.log.feedback import counting
from monitoring.log.tables import corrections, kept_inputs, predictions

PLAIN = (
    "time",
    "id",
    "version",
    "role",
    "of",
    "label",
    "confidence",
    "entropy",
    "uncertain",
    "latency_ms",
    "client",
    "source",
)
NAMES = ("role", "label", "client", "source", "truth")  # few different values: kept once each
CHUNK = 10_000


def read(
    database: Database,
    track: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    only: ColumnElement[bool] | None = None,
) -> pd.DataFrame:
    """Returns a track's predictions in the order of their times; a row each, as `chunks` has them."""
    parts = list(chunks(database, track, since=since, until=until, limit=limit, only=only))
    if len(parts) == 1:
        return parts[0]
    whole = pd.concat([part.drop(columns=list(NAMES)) for part in parts], ignore_index=True)
    for name in NAMES:
        whole[name] = union_categoricals([part[name] for part in parts])
    return whole.reindex(columns=[*parts[0].columns, *(x for x in whole.columns if x not in parts[0].columns)])


def chunks(
    database: Database,
    track: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    size: int = CHUNK,
    only: ColumnElement[bool] | None = None,
) -> Iterator[pd.DataFrame]:
    """Yields a track's predictions in the order of their times, at least one table.

    time, id, version, role, of, label, confidence, entropy, uncertain, latency_ms, client, source
                  as in the entry; shadows are there too
    margin        probability of the best label above that of the second
    truth         what people say that it was, by their latest word; missing where nobody spoke
    all others    the named figures of the input

    since, until  from this time on, and before that one
    limit         only so many, the newest ones
    only          a further condition on the table `predictions`
    """
    wanted = _window(track, since, until)
    wanted = wanted if only is None else and_(wanted, only)
    with database.reading() as connection:
        if limit is not None and (first := _first_of_the_newest(connection, wanted, limit)) is not None:
            wanted = and_(wanted, first)
        truth = _truth(connection, track)
        columns = [predictions.c[name] for name in (*PLAIN, "top", "figures")]
        query = select(*columns).where(wanted).order_by(predictions.c.time, predictions.c.number)
        found = connection.execution_options(yield_per=size).execute(query)
        some = False
        for rows in found.partitions():
            some = True
            yield _table(rows, truth)
    if not some:
        yield _table([], {})


def find(database: Database, id: str) -> dict[str, Any] | None:
    """Returns one prediction as stored, and until when its input is kept; None where there is none of this id."""
    query = select(predictions, kept_inputs.c.until).outerjoin(kept_inputs, kept_inputs.c.id == predictions.c.id)
    with database.reading() as connection:
        row = connection.execute(query.where(predictions.c.id == id)).one_or_none()
    return None if row is None else {name: value for name, value in row._mapping.items() if name != "number"}


def counts(database: Database, track: str | None = None) -> pd.DataFrame:
    """Returns how many predictions there are by track, version, role and day (UTC)."""
    keys = [predictions.c.track, predictions.c.version, predictions.c.role, func.date(predictions.c.time).label("day")]
    query = select(*keys, func.count().label("predictions")).group_by(*keys).order_by(*keys)
    if track is not None:
        query = query.where(predictions.c.track == track)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    names = ("track", "version", "role", "day", "predictions")
    return pd.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(names)}).astype({"day": str})


def _window(track: str, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    wanted = [predictions.c.track == track]
    wanted += [predictions.c.time >= since] if since else []
    wanted += [predictions.c.time < until] if until else []
    return and_(*wanted)


def _first_of_the_newest(connection: Connection, wanted: ColumnElement[bool], limit: int) -> ColumnElement[bool] | None:
    """Returns the condition that leaves the newest rows, so that these can be streamed the oldest first."""
    time, number = predictions.c.time, predictions.c.number
    query = select(time, number).where(wanted).order_by(time.desc(), number.desc()).offset(max(limit, 1) - 1).limit(1)
    first = connection.execute(query).one_or_none()
    return None if first is None else or_(time > first.time, and_(time == first.time, number >= first.number))


def _truth(connection: Connection, track: str) -> dict[str, str]:
    """Returns what people say that a track's answers should have been, by id.

    Trap: by the track's index SQLite looks through all words for each answer; `coalesce` keeps it from that.
    """
    said = counting().join(predictions, predictions.c.id == corrections.c.id)
    said = said.where(func.coalesce(predictions.c.track, "") == track)
    return {row.id: row.label for row in connection.execute(said)}


def _table(rows: Sequence[Any], truth: dict[str, str]) -> pd.DataFrame:
    names = (*PLAIN, "top", "figures")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    table = pd.DataFrame({name: columns[name] for name in PLAIN})
    table = table.astype(dict.fromkeys(("confidence", "entropy", "latency_ms"), "float64"))
    table["time"] = pd.to_datetime(table["time"], utc=True)
    table["uncertain"] = table["uncertain"].astype("boolean")
    table["margin"] = pd.Series([margin(answers) for answers in columns["top"]], dtype="float64")
    table["truth"] = pd.Series([truth.get(id) for id in columns["id"]], dtype="object")
    for name in NAMES:
        table[name] = table[name].astype("category")
    return pd.concat([table, pd.DataFrame.from_records(list(columns["figures"]))], axis=1)


def margin(top: Sequence[Sequence[Any]]) -> float:
    """Returns how far the best label is above the second; NaN where no answer was given."""
    if not top:
        return float("nan")
    return top[0][1] - (top[1][1] if len(top) > 1 else 0.0)
