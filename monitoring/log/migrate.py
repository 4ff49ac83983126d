"""Brings a database to the tables of this code, with Alembic, in one transaction: a kill leaves it as it was.

Several processes may start at once: a lock beside the SQLite file, or PostgreSQL's own, lets one of them migrate, and
the others find it done.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, inspect, text

from pipeline.errors import SignloopError, TransientError

HEAD = "2"  # the newest file of migrations/versions
VERSION_TABLE = "signloop_log_version"  # MLflow's `alembic_version` may be in the same database
SCRIPTS = Path(__file__).parent / "migrations"
LOCK_SECONDS = 60.0
ADVISORY = 0x516E_106  # PostgreSQL's name for our lock: any number that is nobody else's


def to_head(engine: Engine) -> None:
    """Migrates where needed.

    Raises: SignloopError for a database of a newer Signloop, TransientError when another migration does not end.
    """
    with _alone(engine), engine.connect() as connection:
        found = revision(connection)
        connection.rollback()
        if found != HEAD:
            _migrate(connection.execution_options(signloop_writes=True))


def revision(connection: Connection) -> str | None:
    """Returns the revision that a database is at; None where it has none of our tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def configured(connection: Connection | None = None) -> Any:
    """Returns Alembic's configuration, without an alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))  # of configparser
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = configured(connection)
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY})"))
        found = revision(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise SignloopError(
                f"the prediction log is at revision {found}, and this Signloop knows up to {HEAD}: a newer one wrote "
                "it. Update Signloop, or give another place in SIGNLOOP_DATABASE_URL."
            )
        command.upgrade(config, "head")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Holds the lock beside a SQLite file; switching a new one to WAL mode does not wait for others by itself."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    try:
        with FileLock(f"{file}.lock", timeout=LOCK_SECONDS, mode=0o600) if file else nullcontext():
            yield
    except Timeout:
        raise TransientError(
            f"another process has been opening the prediction log '{file}' for {LOCK_SECONDS:.0f} s. Try again."
        ) from None
