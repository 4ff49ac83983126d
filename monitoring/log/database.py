"""The door to the database of predictions: SQLite in WAL mode, or PostgreSQL by its address.

A commit is on the disk when it returns: `synchronous=FULL`, which WAL mode needs for that. `secure_delete` is on for
every connection, also for those that only insert: a page that is split would else leave copies of rows behind, which no
later erasure finds.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from monitoring.log import migrate
from monitoring.log.faults import BUSY, translated
from monitoring.log.tables import from_json, to_json
from pipeline.errors import InputError, SignloopError

BUSY_SECONDS = 10.0
ASK_SECONDS = 0.001
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
WRITES = "signloop_writes"  # of a connection: whether its transaction takes the lock at once
POSTGRES = "postgresql+psycopg"


@dataclass(frozen=True)
class Database:
    """A migrated database of predictions; threads may share it."""

    engine: Engine

    @classmethod
    def open(cls, url: str) -> "Database":
        """Opens and migrates the database at an address, and makes a SQLite one that is not there.

        Raises: InputError for an address or driver that a person mends, TransientError for a server that is away.
        """
        address = _address(url)
        engine = _postgres(address) if address.drivername == POSTGRES else _sqlite(address)
        with translated(shown(engine)):
            migrate.to_head(engine)
        return cls(engine)

    @property
    def where(self) -> str:
        return shown(self.engine)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None where a server keeps the rows."""
        return file_of(self.engine)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yields a connection in a transaction that is committed when the block ends well.

        Raises: TransientError, InputError, or SignloopError with a remedy; as `faults` tells them apart.
        """
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yields a connection that sees the rows as of one moment, while others go on writing."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self.where):
                yield
        except SignloopError as error:
            if not isinstance(error, InputError):
                self.engine.dispose()  # a connection that failed may go on failing after the cause is gone
            raise


def shown(engine: Engine) -> str:
    """Names the database without a password."""
    file = file_of(engine)
    return str(file) if file else engine.url.render_as_string(hide_password=True)


def file_of(engine: Engine) -> Path | None:
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def _address(url: str) -> URL:
    """Reads an address; PostgreSQL's common spellings mean the driver psycopg."""
    try:
        address = make_url(url)
    except ArgumentError:
        address = URL.create("")
    if address.drivername in ("postgresql", "postgres", POSTGRES):
        return address.set(drivername=POSTGRES)
    if address.drivername == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(database=str(Path(address.database or "").absolute()))
    raise InputError(
        f"SIGNLOOP_DATABASE_URL: expected sqlite:////path/predictions.db or postgresql://user@host/database, "
        f"got '{address.drivername}:…'. Correct it, or unset it for the log in the state folder."
    )


def _sqlite(address: URL) -> Engine:
    file = Path(address.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its other files the same permissions
    except OSError as error:
        raise InputError(
            f"the prediction log '{file}' cannot be made: {error.strerror}. Give another path in SIGNLOOP_DATABASE_URL."
        ) from None
    engine = create_engine(address, json_serializer=to_json, json_deserializer=from_json)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3's own transactions begin late and leave DDL out
        _wait_at_most(connection, BUSY_SECONDS)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then writes is refused at once, without waiting, where another wrote since.
        if connection.get_execution_options().get(WRITES):
            _take_turn(connection.connection.driver_connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _take_turn(connection: Any) -> None:
    """Begins to write as soon as nobody else does.

    Trap: SQLite waits for a lock with ever longer sleeps, up to 100 ms, while who holds it takes it again within one:
    of four processes that write all the time, one then waits for seconds. So it is asked often.
    """
    until = time.monotonic() + BUSY_SECONDS
    _wait_at_most(connection, 0)
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in BUSY or time.monotonic() > until:
                    raise
            time.sleep(ASK_SECONDS)  # SQLite tells nobody that its lock is free
    finally:
        _wait_at_most(connection, BUSY_SECONDS)


def _wait_at_most(connection: Any, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def _postgres(address: URL) -> Engine:
    try:
        return create_engine(
            address,
            pool_pre_ping=True,
            connect_args={"options": "-c timezone=utc", "connect_timeout": round(BUSY_SECONDS)},
            json_serializer=to_json,
            json_deserializer=from_json,
        )
    except ModuleNotFoundError:
        raise InputError(
            "SIGNLOOP_DATABASE_URL names PostgreSQL, whose driver is not installed. "
            "Install it: python -m pip install -e '.[postgres]'"
        ) from None
