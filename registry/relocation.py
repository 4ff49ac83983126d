"""A registry that was moved: MLflow writes artifact paths absolute, so its database must learn the new place.

All is rewritten in one SQLite transaction: other processes see the old paths or the new, and a kill rolls back.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import RegistryError
from registry.database import local_path, opened

HOME = 3  # .signloop/mlflow/artifacts: the last parts of a default registry's artifact folder


def strangers(database: Path, artifacts: Path) -> list[Path]:
    """Returns artifact folders elsewhere that the database names although its files belong into `artifacts`.

    A folder elsewhere that holds its own files, as another tool's experiment may, is none of them.
    """
    with opened(database) as connection:
        roots = {_root(uri, number) for number, uri in connection.execute(_EXPERIMENTS)} - {None, artifacts}
        models = _models(connection)
    return sorted(
        root
        for root in roots
        if root
        and not (root.exists() and artifacts.exists() and root.samefile(artifacts))
        and (
            root.parts[-HOME:] == artifacts.parts[-HOME:]
            or any(_here(model, root, artifacts).exists() for model in models if model.is_relative_to(root))
        )
    )


def relocate(database: Path, old: Iterable[Path], artifacts: Path, *, files: Path | None = None) -> int:
    """Rewrites every path in one of the `old` artifact folders to `artifacts`; returns how many values changed.

    files  where the artifacts lie at this moment, if they are still to be put in place

    Only whole values are rewritten, paths and file: URIs: a text that mentions a folder stays as it was written.
    Raises: RegistryError, with nothing changed, when stored bytes are at the old place and not at the new.
    """
    with opened(database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            changed = sum(_relocate(connection, root, artifacts, files or artifacts) for root in old)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    return changed


def _relocate(connection: sqlite3.Connection, root: Path, artifacts: Path, files: Path) -> int:
    left = [
        m for m in _models(connection) if m.is_relative_to(root) and m.exists() and not _here(m, root, files).exists()
    ]
    if left:
        raise RegistryError(
            f"{len(left)} stored model(s) lie in '{root}' and not in '{artifacts}', the first '{left[0]}'. "
            f"Copy them first: cp -a -n '{root}/.' '{artifacts}/'"
        )
    uri = artifacts.as_uri()
    spelled = {root.as_uri(): uri, f"file://{root}": uri, str(root): str(artifacts)}
    before = connection.total_changes
    for table, column in _columns(connection):
        for prefix, replacement in spelled.items():
            connection.execute(
                f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?) '
                f'WHERE ("{column}" = ? OR substr("{column}", 1, ?) = ?) AND instr("{column}", char(10)) = 0',
                (replacement, len(prefix) + 1, prefix, len(prefix) + 1, f"{prefix}/"),
            )
    return connection.total_changes - before


_EXPERIMENTS = "SELECT experiment_id, artifact_location FROM experiments WHERE artifact_location IS NOT NULL"


def _root(uri: str, experiment: int) -> Path | None:
    """The artifact folder that an experiment lies in: ours is the folder itself, MLflow's default a number in it."""
    path = local_path(uri)
    return path.parent if path and path.name == str(experiment) else path


def _models(connection: sqlite3.Connection) -> list[Path]:
    rows = connection.execute("SELECT artifact_location FROM logged_models WHERE artifact_location IS NOT NULL")
    return [path for (uri,) in rows if (path := local_path(uri))]


def _here(model: Path, root: Path, artifacts: Path) -> Path:
    return artifacts / model.relative_to(root)


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Lists the text columns of all tables."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [
        (table, name)
        for (table,) in tables.fetchall()
        for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        if any(word in kind.upper() for word in ("CHAR", "TEXT", "CLOB"))
    ]
