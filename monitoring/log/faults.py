"""What a database reports, in our words: what may pass by itself, what a person mends, what cannot be stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from pipeline.errors import InputError, SignloopError, TransientError

BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}  # a quota, or a limit on files, shows as the latter
REMEDY = {
    sqlite3.SQLITE_READONLY: "Give its folder and files to the user who runs this.",
    sqlite3.SQLITE_CANTOPEN: "Look at the path, and at who may write there.",
    sqlite3.SQLITE_CORRUPT: "Move it aside, with its -wal and -shm files; a new one is made. Bring back a copy.",
    sqlite3.SQLITE_NOTADB: "Give another path in SIGNLOOP_DATABASE_URL; this file is something else.",
}


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raises what SQLAlchemy and the drivers raise inside the block as our errors, naming the database.

    Raises: TransientError where a second try may succeed, InputError for a value that cannot be stored.
    """
    try:
        yield
    except exc.TimeoutError as error:
        raise TransientError(
            f"the prediction log '{where}' has no free connection. Try again a little later."
        ) from error
    except (exc.IntegrityError, exc.DataError) as error:
        raise InputError(
            f"the prediction log '{where}' refuses a row: {error.orig}. Mend it, and send it again."
        ) from error
    except exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise _of_sqlite(error.orig, where) from error
        raise _of_a_server(error, where) from error
    except sqlite3.Error as error:  # from where SQLAlchemy is not in between
        raise _of_sqlite(error, where) from error
    except (exc.StatementError, TypeError, ValueError, OverflowError) as error:  # while a value is bound
        why = getattr(error, "orig", None) or error
        if isinstance(why, SignloopError):
            raise
        raise InputError(
            f"the prediction log '{where}' cannot store a value: {why}. Mend it, and send it again."
        ) from error


def _of_a_server(error: exc.DBAPIError, where: str) -> SignloopError:
    why = " ".join(str(error.orig).split())
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        remedy = "Start it, or correct SIGNLOOP_DATABASE_URL."
        return TransientError(f"the prediction log '{where}' does not answer: {why}. {remedy}")
    return SignloopError(f"the prediction log '{where}' does not do it: {why}. Look at the server's own log.")


def _of_sqlite(error: sqlite3.Error, where: str) -> SignloopError:
    why = " ".join(str(error).split())
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte: extended codes refine it
    if code in BUSY:
        return TransientError(f"the prediction log '{where}' is locked by another process: {why}. Try again.")
    if code in NO_ROOM:
        return SignloopError(
            f"the prediction log '{where}' cannot be written: {why}. Free some room on its disk: signloop log prune, "
            "signloop gc; or give another place in SIGNLOOP_DATABASE_URL."
        )
    remedy = REMEDY.get(code, "Stop what else works on it, and try again.")
    return SignloopError(f"the prediction log '{where}' cannot be used: {why}. {remedy}")
