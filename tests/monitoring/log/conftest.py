"""A log on each of the two databases: a SQLite file, and a real PostgreSQL server where its programs are installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.log.database import Database
from tests.monitoring.log.factories import address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = address(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Database.open(url)
    yield opened
    opened.close()
