"""MLflow's SQLite file itself, for what its client has no words for: a whole copy, and what it points to.

Deleted runs and models count as pointed to until MLflow itself forgets them: they can still be brought back there.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

from pipeline.errors import RegistryError
from registry.ledger import is_ledger
from registry.store import SQLITE, Store
from registry.tracking import KEY

BUSY_SECONDS = 30.0
LOCATIONS = (
    "SELECT artifact_uri FROM runs",
    "SELECT artifact_location FROM logged_models",
    "SELECT storage_location FROM model_versions",
    "SELECT source FROM model_versions",
)
VERSIONS = "SELECT name, version FROM model_versions WHERE current_stage IS NOT 'Deleted_Internal' ORDER BY 1, 2"
FINISHED = "SELECT value FROM tags JOIN runs USING (run_uuid) WHERE key = ? AND status = 'FINISHED'"


@dataclass(frozen=True)
class Held:
    """A registered model's version numbers, and the number that each alias names."""

    versions: list[int]
    aliases: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a database knows of."""

    runs: frozenset[str]
    models: frozenset[str]  # MLflow's ids of stored bytes, not the registered names
    locations: frozenset[Path]  # of local files
    finished: frozenset[str]  # keys of trainings that ended well, as `registry.tracking` tags them
    versions: dict[str, Held]  # by track; the ledgers beside them are left out

    @property
    def empty(self) -> bool:
        return not (self.runs or self.models or self.versions)


def path_of(store: Store) -> Path | None:
    """Returns the SQLite file of a store; None where a server or another database keeps it."""
    uri = store.tracking_uri
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yields a connection without implicit transactions; the file is never created.

    Raises: RegistryError naming the file, for whatever SQLite reports inside the block.
    """
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise RegistryError(
            f"the registry's database '{path}' cannot be used: {error}. "
            "Stop what else works on it, or bring back a backup: signloop restore FILE --force"
        ) from None


def snapshot(path: Path, out: Path) -> None:
    """Copies the database as of one moment, while others go on writing to it."""
    with opened(path) as source, closing(sqlite3.connect(out)) as copy:
        source.backup(copy, progress=_patience())
    check(out)


def overwrite(path: Path, source: Path) -> None:
    """Replaces the contents of a database in one transaction; who has it open sees the new ones."""
    with opened(path) as target, opened(source) as new:
        new.backup(target, progress=_patience())


def _patience() -> Callable[[int, int, int], None]:
    """SQLite's copy would wait for a lock forever."""
    until = time.monotonic() + BUSY_SECONDS

    def progress(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
            raise sqlite3.OperationalError(f"another process has locked it for {BUSY_SECONDS:.0f} s")

    return progress


def check(path: Path) -> None:
    """Raises RegistryError when the file is damaged."""
    with opened(path) as connection:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise RegistryError(f"the database '{path}' is damaged: {verdict}. Use a backup: signloop restore FILE --force")


def contents(path: Path) -> Contents:
    """Reads what the database points to."""
    with opened(path) as connection:

        def column(query: str, *values: str) -> list[str]:
            return [row[0] for row in connection.execute(query, values) if row[0]]

        versions: dict[str, Held] = {}
        for track, number in connection.execute(VERSIONS):
            versions.setdefault(track, Held([], {})).versions.append(number)
        for track, alias, number in connection.execute("SELECT name, alias, version FROM registered_model_aliases"):
            versions.setdefault(track, Held([], {})).aliases[alias] = number
        versions = {name: held for name, held in versions.items() if not is_ledger(name)}
        places = [local_path(uri) for query in LOCATIONS for uri in column(query)]
        return Contents(
            runs=frozenset(column("SELECT run_uuid FROM runs")),
            models=frozenset(column("SELECT model_id FROM logged_models")),
            locations=frozenset(place for place in places if place),
            finished=frozenset(column(FINISHED, KEY)),
            versions=versions,
        )


def local_path(uri: str) -> Path | None:
    """Returns the path of a file: URI or of a plain absolute path; None for anything else."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if uri.startswith("/") else None


@contextmanager
def no_promotion(store: Store, *, wait_seconds: float) -> Iterator[None]:
    """Holds the locks under which `promote` changes versions and their files.

    Raises: RegistryError when one of them is still held after the wait.
    """
    with ExitStack() as held:
        for lock in sorted(store.artifacts.parent.glob("promote-*.lock")):
            try:
                held.enter_context(FileLock(lock, timeout=wait_seconds))
            except Timeout:
                raise RegistryError(
                    f"a promotion is running (it holds '{lock}'). Try again when it has ended."
                ) from None
        yield
