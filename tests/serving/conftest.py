"""Registries, made once: one to move Production in, of which each test takes a copy, and one that is read alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from registry.store import SQLITE, Store, local_store
from tests.registry.factories import Artifacts
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


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[Artifacts]]:
    """A registry whose second version, model 1, is in Production; it is read and not changed."""
    return store_with(tmp_path_factory.mktemp("shelf"), 0, 1)


@pytest.fixture
def keep(request: pytest.FixtureRequest):
    """Returns what keeps a picture of a page, where --screenshots names a folder."""
    folder: Path | None = request.config.getoption("--screenshots")

    def kept(page: Any, name: str) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    return kept
