"""A project folder with a real registry for each test; its database is migrated once, since that takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import bench_retrain
from registry.store import local_store, open_store
from tests.flows.registries import Project, make_project
from tests.flows.retraining import Server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("template")
    open_store(local_store(state))
    return state / "mlflow" / "mlflow.db"


@pytest.fixture(scope="session")
def untouched(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for tests that must leave it as it is: they share it."""
    return make_project(tmp_path_factory.mktemp("untouched") / "project", migrated)


@pytest.fixture
def project(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_project(tmp_path / "first place, ü", migrated)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Prefect server for all tests of this process: it takes seconds to start."""
    home = tmp_path_factory.mktemp("prefect")
    with bench_retrain.server(home) as address:
        yield Server(address, home)
