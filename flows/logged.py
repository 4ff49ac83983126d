"""The prediction log in a backup, where it is asked for: the rows, the inputs that are kept, and the clients' secret.

It is personal data: kept inputs are landmarks of people, and the secret leads from their names to their rows. So it is
in an archive by `--log` alone, which its owner alone may read, and comes back by `--log` alone.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from monitoring.log import copying
from monitoring.log.database import Database
from monitoring.log.tables import predictions
from pipeline.errors import InputError

FOLDER = "log"  # in an archive
ROWS, SECRET = "predictions.db", "client.secret"


@dataclass(frozen=True)
class Logged:
    """Where the log is: its address, and the state folder, which holds the secret unless the environment does."""

    url: str
    state: Path

    @property
    def secret(self) -> Path:
        return self.state / SECRET


def copied(logged: Logged, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields what goes into an archive, by its name there; the rows are copied into `folder` first."""
    with Database.open(logged.url) as database:
        copying.copy(database, folder / ROWS)
    yield f"{FOLDER}/{ROWS}", folder / ROWS
    if logged.secret.exists():
        yield f"{FOLDER}/{SECRET}", logged.secret


def may_replace(logged: Logged, *, force: bool) -> None:
    """Raises InputError where a server keeps the log, or where rows are in it and `force` is not given."""
    with Database.open(logged.url) as database:
        file = copying.file_of(database)
        with database.reading() as connection:
            rows = connection.scalar(select(func.count()).select_from(predictions))
    if rows and not force:
        raise InputError(
            f"the prediction log '{file}' has {rows:,} rows. Add --force to replace it; it is then kept aside."
        )


def checked(unpacked: Path) -> Path:
    """Returns the folder of the log in an unpacked archive, ready to be brought back.

    Raises: InputError where the archive has none.
    """
    folder = unpacked / FOLDER
    if not (folder / ROWS).exists():
        raise InputError("this archive holds no prediction log. Leave out --log; `signloop backup --log` packs it.")
    copying.checked(folder / ROWS, now=datetime.now(UTC))
    return folder


def bring_back(logged: Logged, folder: Path) -> Path:
    """Puts the log of an unpacked archive in the place of the one that is here; returns where that one is kept."""
    aside = logged.state / f"log.before-restore-{time.strftime('%Y%m%d-%H%M%S')}.{os.getpid()}"
    aside.mkdir(mode=0o700)
    with Database.open(logged.url) as database:
        copying.copy(database, aside / ROWS)
        copying.overwrite(database, folder / ROWS)
    if (folder / SECRET).exists():
        if logged.secret.exists():
            shutil.copy2(logged.secret, aside / SECRET)
        beside = folder / f"{SECRET}.{os.getpid()}"
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as private:
            private.write((folder / SECRET).read_bytes())
        beside.replace(logged.secret)
    return aside
