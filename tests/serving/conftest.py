"""A registry of three versions, made once; each test takes a copy of its database, over the same files."""

import shutil
from pathlib import Path

import pytest

from registry.store import SQLITE, Store, local_store
from tests.serving.factories import store_with


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Versions 1, 2, 3 are models 0, 1, 2; the last is in Production."""
    return store_with(tmp_path_factory.mktemp("registered"), 0, 1, 2)[0]


@pytest.fixture
def store(registered: Store, tmp_path: Path) -> Store:
    """Returns a registry to move Production in; the versions' files are shared, and to be left as they are."""
    copy = local_store(tmp_path / ".signloop")
    copy.artifacts.mkdir(parents=True)
    shutil.copyfile(registered.tracking_uri.removeprefix(SQLITE), copy.tracking_uri.removeprefix(SQLITE))
    return copy
