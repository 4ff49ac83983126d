"""A real SQLite registry for each test, copied from one that was migrated once: a migration takes seconds."""

import shutil
from pathlib import Path

import pytest

from registry.store import Store, local_store, open_store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("template")
    open_store(local_store(state))
    return state / "mlflow" / "mlflow.db"


@pytest.fixture
def store(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    fresh = local_store(tmp_path / ".signloop")
    fresh.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, fresh.artifacts.parent / "mlflow.db")
    return fresh
