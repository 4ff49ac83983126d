"""What leaves the log: what is past its time, and what its owner asks to be erased.

Some hundred rows a transaction, so that answers go on being stored meanwhile; a kill in its middle leaves the rest, and
the same command again takes it. Erased is also what SQLite would leave on the disk: `secure_delete` writes zeros over
freed places, and the -wal file is emptied. Exported files are no part of the log: an erasure names those that hold what
was erased, and remembers how many of their clips that is.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from monitoring.log.database import Database
from monitoring.log.exporting import Export, of_row
from monitoring.log.faults import translated
from monitoring.log.tables import corrections, exported, exports, kept_inputs, predictions
from pipeline.errors import InputError

ROWS = 500  # a transaction


@dataclass(kw_only=True)
class Erased:
    """How much left the log.

    exports  that hold what was erased
    wiped    False where a reader kept SQLite from emptying its -wal file, which then still holds the rows
    """

    predictions: int = 0
    inputs: int = 0
    corrections: int = 0
    exports: list[Export] = field(default_factory=list)
    wiped: bool = True


def prune(database: Database, *, before: datetime | None, now: datetime) -> Erased:
    """Removes inputs that are past their time, and predictions older than `before` with all that belongs to them.

    What was exported stays recorded, with its client: it was rightly kept and trained on, and can be asked for later.
    """
    gone = Erased()
    while taken := _inputs_past(database, now):
        gone.inputs += taken
    if before is not None:
        _remove(database, predictions.c.time < before, gone)
    gone.wiped = wipe(database)
    return gone


def erase(
    database: Database, *, id: str | None = None, client: Sequence[str] = (), before: datetime | None = None
) -> Erased:
    """Erases a prediction, a client, or all before a time: predictions, their shadows, inputs and corrections.

    client  a client's keys, as the log has them

    Raises: InputError unless exactly one of them is given.
    """
    wanted, past = _wanted(id, client, before)
    gone, of_exports = Erased(), set[int]()
    _remove(database, wanted, gone, of_exports)
    with database.writing() as connection:
        _forget(connection, past, of_exports)
        if client:
            nameless = update(corrections).where(corrections.c.client.in_(client))
            connection.execute(nameless.values(client="", who="", note=""))  # what they said of others' answers stays
        rows = connection.execute(select(exports).where(exports.c.number.in_(of_exports)).order_by(exports.c.number))
        gone.exports = [of_row(row) for row in rows]
    gone.wiped = wipe(database)
    return gone


def matching(
    database: Database, *, id: str | None = None, client: Sequence[str] = (), before: datetime | None = None
) -> Erased:
    """Counts what `erase` would take, shadows aside, and lists the exports that it would name."""
    wanted, past = _wanted(id, client, before)
    ids = select(predictions.c.id).where(wanted)
    with database.reading() as connection:

        def count(query: Any) -> int:
            return connection.scalar(query) or 0

        rows = connection.execute(select(exports).where(exports.c.number.in_(select(exported.c.export).where(past))))
        return Erased(
            predictions=count(select(func.count()).select_from(predictions).where(wanted)),
            inputs=count(select(func.count()).select_from(kept_inputs).where(kept_inputs.c.id.in_(ids))),
            corrections=count(select(func.count()).select_from(corrections).where(corrections.c.id.in_(ids))),
            exports=[of_row(row) for row in rows],
        )


def wipe(database: Database) -> bool:
    """Empties SQLite's -wal file, which holds pages as they were; says whether no reader was in the way."""
    if database.file is None:
        return True
    with translated(database.where), closing(database.engine.raw_connection()) as connection:
        busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _wanted(
    id: str | None, client: Sequence[str], before: datetime | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns which predictions, and which exported clips, also of predictions that were pruned meanwhile."""
    if (id is not None) + bool(client) + (before is not None) != 1:
        raise InputError("expected one of an id, a client and a time to erase by. Give exactly one.")
    if id is not None:
        return predictions.c.id == id, exported.c.id == id
    if client:
        return predictions.c.client.in_(client), exported.c.client.in_(client)
    old = predictions.c.time < before
    return old, exported.c.id.in_(select(predictions.c.id).where(old))


def _remove(database: Database, wanted: ColumnElement[bool], gone: Erased, of_exports: set[int] | None = None) -> None:
    """Removes predictions with all that belongs to them; with a set for their numbers, from what exports hold too."""
    while True:
        with database.writing() as connection:
            ids = connection.scalars(select(predictions.c.id).where(wanted).limit(ROWS)).all()
            if not ids:
                return
            shadows = connection.scalars(select(predictions.c.id).where(predictions.c.of.in_(ids))).all()
            every = list({*ids, *shadows})
            gone.inputs += _delete(connection, kept_inputs, kept_inputs.c.id.in_(every))
            gone.corrections += _delete(connection, corrections, corrections.c.id.in_(every))
            gone.predictions += _delete(connection, predictions, predictions.c.id.in_(every))
            if of_exports is not None:
                _forget(connection, exported.c.id.in_(every), of_exports)


def _inputs_past(database: Database, now: datetime) -> int:
    with database.writing() as connection:
        ids = connection.scalars(select(kept_inputs.c.id).where(kept_inputs.c.until <= now).limit(ROWS)).all()
        return _delete(connection, kept_inputs, kept_inputs.c.id.in_(ids)) if ids else 0


def _forget(connection: Connection, clips: ColumnElement[bool], of_exports: set[int]) -> None:
    """Counts exported clips as erased, and forgets whose they were."""
    counted = select(exported.c.export, func.count()).where(clips).group_by(exported.c.export)
    for number, count in connection.execute(counted).all():
        more = update(exports).where(exports.c.number == number)
        connection.execute(more.values(erased=exports.c.erased + count))
        of_exports.add(number)
    connection.execute(delete(exported).where(clips))


def _delete(connection: Connection, table: Any, wanted: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(wanted)).rowcount
