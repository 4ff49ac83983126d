"""The log of a SQLite file as one other file, and back: for `signloop backup` and `restore`.

A copy has no freed pages, so nothing that was erased before; what is erased after it comes back with it.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from monitoring.log.database import Database
from monitoring.log.erasing import prune, wipe
from monitoring.log.faults import translated
from pipeline.errors import InputError


def file_of(database: Database) -> Path:
    """Returns the log's file.

    Raises: InputError where a server keeps it.
    """
    if database.file is None:
        raise InputError(
            f"the prediction log is at {database.where}: nothing of it lies here. Back it up where it runs, with "
            "pg_dump, and bring it back with pg_restore; leave out --log."
        )
    return database.file


def copy(database: Database, out: Path) -> None:
    """Copies the log as of one moment, while others go on writing to it."""
    with translated(database.where), closing(sqlite3.connect(file_of(database), isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", (str(out),))


def checked(copied: Path, *, now: datetime) -> None:
    """Brings a copy to this code's tables, and takes out inputs that are past their time.

    Raises: SignloopError for a file that is no log, or one of a newer Signloop.
    """
    with Database.open(f"sqlite:///{copied}") as database:
        prune(database, before=None, now=now)


def overwrite(database: Database, copied: Path) -> None:
    """Replaces the log by a checked copy in one transaction; who has it open sees the new one.

    Raises: TransientError where somebody writes to it for longer than one waits.
    """
    target = file_of(database)
    with (
        translated(database.where),
        closing(sqlite3.connect(copied)) as source,
        closing(sqlite3.connect(target)) as opened,
    ):
        opened.execute("PRAGMA secure_delete=ON")
        source.backup(opened, progress=_once)
    wipe(database)


def _once(status: int, _remaining: int, _total: int) -> None:
    """Gives up where the other side is locked, which SQLite would wait for without end."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        busy = sqlite3.OperationalError("another process writes to it")
        busy.sqlite_errorcode = status
        raise busy
