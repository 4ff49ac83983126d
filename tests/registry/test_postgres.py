"""The registry on PostgreSQL: what the tests of moves and promotions hold on SQLite, and who comes at once."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.errors import RegistryError
from registry import entries, load
from registry.store import Store, open_store, store_at
from tests.postgres import Cluster
from tests.registry.ledgers import aliases, make_versions, told
from tests.registry.test_moves import (
    test_a_deletion_is_recorded_and_done,
    test_a_holder_of_an_alias_is_not_deleted,
    test_a_move_in_mlflow_itself_is_adopted_by_the_next_writer,
    test_a_promotion_by_hand_is_recorded_with_who_and_why,
    test_an_entry_without_its_aliases_is_rolled_forward_by_the_next_writer,
    test_rollbacks_go_back_step_by_step_and_end,
    test_who_comes_too_late_is_told_by_whom,
)
from tests.registry.test_promote import PAIRED, good_and_worse

__all__ = [
    "test_a_deletion_is_recorded_and_done",
    "test_a_holder_of_an_alias_is_not_deleted",
    "test_a_move_in_mlflow_itself_is_adopted_by_the_next_writer",
    "test_a_promotion_by_hand_is_recorded_with_who_and_why",
    "test_an_entry_without_its_aliases_is_rolled_forward_by_the_next_writer",
    "test_rollbacks_go_back_step_by_step_and_end",
    "test_who_comes_too_late_is_told_by_whom",
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tables(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with MLflow's tables: making them takes seconds, a copy takes none."""
    url = postgresql.fresh()
    code = (
        "import sys; from pathlib import Path; from registry.store import *; open_store(store_at(sys.argv[1], Path()))"
    )
    command = [sys.executable, "-c", code, url]
    subprocess.run(
        command, cwd=tmp_path_factory.mktemp("mlflow"), env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True
    )
    return urlsplit(url).path[1:]


@pytest.fixture
def url(postgresql: Cluster, tables: str) -> str:
    return postgresql.fresh(tables)


@pytest.fixture
def store(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")  # MLflow keeps what it has opened to the end
    return store_at(url, tmp_path / ".signloop")


def test_versions_are_judged_promoted_and_loaded(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    assert worse.promote(store, PAIRED)["passed"]
    record = good.promote(store, PAIRED)
    assert record["comparison"]["lower"] > 0.1
    assert good.promote(store, PAIRED) == record
    assert aliases(store) == {"candidate": 2, "production": 2, "previous": 1}
    assert load("letters", store=store).version == 2
    assert [entry.number for entry in entries.read(store, "letters")] == [1, 2]


PROMOTE = """
import json, sys
from pathlib import Path
from pipeline.errors import RegistryError
from registry.store import store_at
from tests.registry.ledgers import promote

store = store_at(sys.argv[1], Path(sys.argv[2]))
try:
    promote(store, int(sys.argv[3]), who=sys.argv[3])
    print("moved")
except RegistryError as error:
    print(error)
"""


@pytest.mark.slow
def test_of_several_hosts_that_promote_at_once_each_ends_in_the_ledger_and_one_holds(store: Store, url: str) -> None:
    """Each with a state folder of its own, so that no lock of a machine's keeps them apart."""
    make_versions(store, *["passed"] * 4)

    def host(number: int) -> str:
        command = [sys.executable, "-c", PROMOTE, url, str(store.artifacts / f"host{number}"), str(number)]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    with ThreadPoolExecutor(3) as hosts:
        said = list(hosts.map(host, (2, 3, 4)))
    found = entries.read(store, "letters")
    assert [entry.number for entry in found] == list(range(1, len(found) + 1))
    assert "moved" in said
    moved = [number for number, each in zip((2, 3, 4), said, strict=True) if each == "moved"]
    assert aliases(store)["production"] in moved
    assert [line for line in told(store) if line.startswith("promoted: version")]


@pytest.mark.slow
def test_four_on_a_fresh_database_all_succeed(postgres: str, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from registry.store import *\n"
        "store = store_at(sys.argv[1], Path(sys.argv[2])); client = open_store(store)\n"
        "client.log_metric(client.create_run(experiment(store, 'letters')).info.run_id, 'loss', 1.0)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, postgres, str(tmp_path / f"{n}")], cwd=ROOT, stderr=subprocess.PIPE
        )
        for n in range(4)
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    client = open_store(store_at(postgres, tmp_path))
    found = client.get_experiment_by_name("letters")
    assert found is not None
    assert len(client.search_runs([found.experiment_id])) == 4


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_any_spelling_of_an_address_means_the_driver_that_is_installed(tmp_path: Path, scheme: str) -> None:
    made = store_at(f"{scheme}://ada:p:w@db.example.org:5433/mlflow", tmp_path)
    assert made.tracking_uri == "postgresql+psycopg://ada:p:w@db.example.org:5433/mlflow"
    assert made.where == "postgresql+psycopg://ada:***@db.example.org:5433/mlflow"


def test_a_server_that_is_away_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="does not answer") as caught:
        open_store(store_at(f"postgresql://ada:secret@/mlflow?host={tmp_path}", tmp_path))
    assert "secret" not in str(caught.value)
