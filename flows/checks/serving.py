"""What `signloop serve` needs: a prediction log that opens, a secret that nobody else reads."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from flows.checks import Check, Place

SQLITE = "sqlite:///"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def predictions(place: Place) -> Iterator[Check]:
    """Looks whether the prediction log can be read and written; makes none, and migrates none."""
    url = place.database()
    if not url.startswith(SQLITE):
        from monitoring.log.database import Database

        database = Database.open(url)  # raises with what to do where it does not answer
        yield Check("prediction log", "ok", database.where)
        database.close()
        return
    path = Path(url.removeprefix(SQLITE))
    if not path.exists():
        yield Check("prediction log", "ok", "none yet: the first `signloop serve` makes it")
    elif not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        yield Check("prediction log", "problem", f"'{path}' cannot be written", f"chmod u+w '{path}' '{path.parent}'")
    else:
        yield _opened(path)


def _opened(path: Path) -> Check:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM predictions").fetchone()
    except sqlite3.Error as error:
        why = f"'{path}': {error}"
        return Check("prediction log", "problem", why, f"move it aside with its -wal and -shm files: mv '{path}' …")
    return Check("prediction log", "ok", f"{count:,} predictions")


def secret(place: Place) -> Iterator[Check]:
    """Looks at who may read what clients are hashed with: with it, a guessed name can be found in the log."""
    path = place.state / "client.secret"
    if path.exists() and path.stat().st_mode & OTHERS:
        yield Check("client secret", "problem", f"'{path}' can be read by others", f"chmod 600 '{path}'")
    elif path.exists():
        yield Check("client secret", "ok", str(path))
