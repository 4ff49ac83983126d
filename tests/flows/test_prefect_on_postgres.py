"""A Prefect server whose database is PostgreSQL: it creates a scheduled run, and the run ends well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import bench_retrain
from tests.flows.retraining import Server, make_scripted, until
from tests.flows.test_schedule import SOON, deployment, runs, scheduled
from tests.postgres import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture
def on_postgres(postgresql: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest.importorskip("asyncpg")
    name = postgresql.fresh().partition("@/")[2].partition("?")[0]
    url = f"postgresql+asyncpg://signloop@/{name}?host={postgresql.folder}"
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", url)
    home = tmp_path / "prefect"
    home.mkdir()
    with bench_retrain.server(home) as address:
        yield Server(address, home)
    assert not list(home.glob("*.db")), "the server wrote into a file of its own"


def test_a_scheduled_run_happens(on_postgres: Server, tmp_path: Path) -> None:
    project = make_scripted(tmp_path / "scripted", cron=SOON, timezone="UTC")
    with scheduled(project, on_postgres):
        made = deployment(on_postgres, "scripted")
        run = until(lambda: runs(on_postgres, made, "Completed"), "a scheduled run has ended")[-1]
        assert run["auto_scheduled"]
        assert run["state"]["message"] == "letters: 3 completed"
