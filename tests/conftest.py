"""Shapes in signatures are checked by beartype, in tests only; the hook must come before anything imports these."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from tests.postgres import Cluster, cluster

CHECKED = ["pipeline.features", "pipeline.fitting", "pipeline.models", "pipeline.objectives"]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one test process a core: Torch's own threads would fight over them
install_import_hook(CHECKED, "beartype.beartype")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, help="folder that pictures of the live page are kept in")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """One PostgreSQL server for all tests of this process, where its programs are installed."""
    with cluster() as running:
        yield running


@pytest.fixture
def postgres(postgresql: Cluster) -> str:
    """The address of an empty database on it."""
    return postgresql.fresh()
