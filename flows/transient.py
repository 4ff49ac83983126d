"""Which failures may pass by themselves: the same stage, asked again a little later, may succeed.

Told by the kind of exception, wherever in the chain of causes it is: a registry that cannot be reached or a database
that somebody has locked. A full disk, a refused login or a wrong parameter stays wrong, and fails at once.
"""

import sqlite3
from urllib.error import HTTPError, URLError

from pipeline.errors import TransientError

PASSING = (TransientError, ConnectionError, TimeoutError, URLError)
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def transient(error: BaseException) -> bool:
    """Says whether a second try may succeed with nothing changed."""
    return any(_passes(cause) for cause in _chain(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY  # the low byte: extended codes refine it
    return isinstance(error, PASSING) and not isinstance(error, HTTPError)


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error and what it was raised from or while handling: `from None` only hides the latter."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
