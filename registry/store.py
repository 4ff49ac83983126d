"""Where the registry lives, and the one door to it.

A fresh SQLite store is migrated beside and renamed, under a file lock: MLflow's own migration crashes when several
processes start it at once, and a kill in its middle leaves a database that neither opens nor migrates.
Trap: MLflow resolves `models:/` addresses through the process-wide tracking address, whatever its client was given; so
what names one runs inside `addressed`. Two stores are in use at once wherever a thread follows one and another writes.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock

from pipeline.errors import InputError, RegistryError
from pipeline.files import replacing
from registry import postgres
from registry.reach import reach

if TYPE_CHECKING:
    from mlflow import MlflowClient

STATE = ".signloop"
SQLITE = "sqlite:///"
POSTGRES = "postgresql+psycopg"  # SQLAlchemy would take the driver of before, psycopg2
ADDRESS = threading.RLock()  # MLflow has one tracking address a process
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # results for a person are not MLflow's to print
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


@dataclass(frozen=True)
class Store:
    """An address: MLflow's tracking URI, and where artifacts go when no server decides that."""

    tracking_uri: str
    artifacts: Path

    @property
    def served(self) -> bool:
        """Whether a server stands between us and the files."""
        return urlsplit(self.tracking_uri).scheme in ("http", "https")

    @property
    def where(self) -> str:
        """Names the address without a password."""
        parts = urlsplit(self.tracking_uri)
        if parts.password is None:
            return self.tracking_uri
        return parts._replace(netloc=f"{parts.username}:***@{parts.netloc.rpartition('@')[2]}").geturl()

    def stamp(self) -> tuple[tuple[str, int, int], ...] | None:
        """Returns what differs after a write to an embedded registry; None where only asking it can tell.

        Trap: two writes within a tick of the file system's clock may leave the same one. Ask all the same now and then.
        """
        if not self.tracking_uri.startswith(SQLITE):
            return None
        database = Path(self.tracking_uri.removeprefix(SQLITE))
        parts = (database.with_name(database.name + end) for end in ("", "-wal", "-journal"))
        return tuple((part.name, (at := part.stat()).st_mtime_ns, at.st_size) for part in parts if part.exists())

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Holds one name against other processes of this machine; the operating system frees it after a kill."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        with FileLock(self.artifacts.parent / f"{name}.lock"):
            yield


def local_store(state: Path) -> Store:
    """Returns the default store, in the state folder; absolute, since MLflow's default moves with the caller."""
    home = state.absolute() / "mlflow"
    return Store(f"{SQLITE}{home / 'mlflow.db'}", home / "artifacts")


def store_at(uri: str | None, state: Path) -> Store:
    """Returns the store at an address; without one, the default.

    Raises: RegistryError for an address that MLflow no longer serves.
    """
    default = local_store(state)
    if not uri:
        return default
    scheme = urlsplit(uri).scheme
    if scheme == "sqlite":
        path = (state.absolute().parent / uri.removeprefix(SQLITE)).resolve()
        return Store(f"{SQLITE}{path}", path.parent / "artifacts")
    if scheme in ("", "file"):
        raise RegistryError(
            f"MLFLOW_TRACKING_URI is '{uri}': MLflow no longer keeps registries in plain folders. "
            f"Unset it for the default ({default.tracking_uri}), or give sqlite:///…, postgresql://… or http://…"
        )
    if scheme in ("postgres", "postgresql", POSTGRES):
        if find_spec("psycopg") is None:
            raise RegistryError(
                "MLFLOW_TRACKING_URI names PostgreSQL, whose driver is not installed. "
                "Install it: python -m pip install -e '.[postgres]'"
            )
        uri = f"{POSTGRES}{uri.removeprefix(scheme)}"
    return Store(uri, default.artifacts)


def find_store(start: Path | None = None) -> Store:
    """Returns the store of MLFLOW_TRACKING_URI, else of the project that `start` (or the working folder) lies in."""
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if uri and urlsplit(uri).scheme in ("http", "https"):
        return store_at(uri, Path.home() / STATE)  # a server needs no project
    return store_at(uri, find_root(start) / STATE)


def find_root(start: Path | None = None) -> Path:
    """Returns the nearest folder upward that holds params.yaml; DVC names it itself inside an experiment.

    Raises: InputError naming where the search began.
    """
    if root := os.environ.get("DVC_ROOT"):
        return Path(root)
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        if (folder / "params.yaml").exists():
            return folder
    raise InputError(
        f"no params.yaml in '{start}' or above it: not inside a Signloop project. "
        "Change into one, or set MLFLOW_TRACKING_URI to a registry."
    )


def open_store(store: Store) -> "MlflowClient":
    """Returns a client of an initialised store.

    Raises: RegistryError when a server cannot be reached, or the database is of another MLflow.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if store.served:
        _reach(store.tracking_uri)
    elif store.tracking_uri.startswith(SQLITE):
        _initialise(store)
    elif store.tracking_uri.startswith(POSTGRES):
        postgres.initialise(store.tracking_uri, store.artifacts.as_uri(), store.where)
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        with addressed(store):
            client = mlflow.MlflowClient(store.tracking_uri, registry_uri=store.tracking_uri)
        client.search_experiments(max_results=1)
    except MlflowException as error:
        raise RegistryError(f"the registry at {store.where} does not answer: {error.message}") from error
    return client


@contextmanager
def addressed(store: Store) -> Iterator[None]:
    """Holds MLflow's process-wide tracking address at a store, for what resolves `models:/`; other threads wait."""
    import mlflow

    with ADDRESS:
        if mlflow.get_tracking_uri() != store.tracking_uri:
            with _unchanged("MLFLOW_TRACKING_URI"):
                mlflow.set_tracking_uri(store.tracking_uri)
        yield


def insist_on(store: Store) -> None:
    """Holds that there is a registry, for those who only read: opening one that is not there makes an empty one.

    Raises: RegistryError where its file is missing.
    """
    path = store.tracking_uri.removeprefix(SQLITE)
    if store.tracking_uri.startswith(SQLITE) and not Path(path).exists():
        raise RegistryError(
            f"there is no registry at {store.where}. Put its folder back, restore a backup, or run `dvc repro`."
        )


def experiment(store: Store, track: str) -> str:
    """Returns the id of a track's experiment, made or restored where needed."""
    from mlflow.exceptions import MlflowException

    client = open_store(store)
    found = client.get_experiment_by_name(track)
    if found is None:
        try:
            location = None if store.served else store.artifacts.as_uri()
            return client.create_experiment(track, artifact_location=location)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(track)  # another process was first
            assert found is not None
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id


@contextmanager
def _unchanged(variable: str) -> Iterator[None]:
    """Keeps MLflow from writing its address to the environment, where `find_store` would take it for the user's."""
    before = os.environ.get(variable)
    yield
    os.environ.pop(variable, None)
    if before is not None:
        os.environ[variable] = before


def _initialise(store: Store) -> None:
    path = Path(store.tracking_uri.removeprefix(SQLITE))
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name("init.lock")):
        if path.exists():
            return
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        for name in ("mlflow.store.db.utils", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        with replacing(path) as beside:
            fresh = SqlAlchemyStore(f"{SQLITE}{beside}", store.artifacts.as_uri())
            fresh.engine.dispose()


def _reach(uri: str) -> None:
    try:
        reach(uri)
    except ConnectionError as why:
        raise RegistryError(
            f"the registry at {uri} cannot be reached ({why}). Start it (`mlflow server`), correct "
            "MLFLOW_TRACKING_URI, or unset it for the local registry. No file was changed."
        ) from None
