import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import InputError, RegistryError
from registry.store import Store, experiment, find_root, find_store, local_store, open_store, store_at

START = """
import sys
from pathlib import Path
from registry.store import experiment, local_store, open_store

store = local_store(Path(sys.argv[1]))
client = open_store(store)
run = client.create_run(experiment(store, "letters"))
client.log_metric(run.info.run_id, "loss", 1.0)
"""


@pytest.mark.slow
def test_eight_processes_at_once_on_a_fresh_folder_all_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, str(tmp_path)]
    root = Path(__file__).parents[2]
    started = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 8, errors
    store = local_store(tmp_path)
    assert len(open_store(store).search_runs([experiment(store, "letters")])) == 8
    assert sorted(path.name for path in (tmp_path / "mlflow").iterdir() if path.suffix == ".part") == []


def test_a_migration_that_was_killed_leaves_no_database(tmp_path: Path, migrated: Path) -> None:
    home = tmp_path / "mlflow"
    home.mkdir()
    half = home / ".mlflow.db.99999.part"
    half.write_bytes(migrated.read_bytes()[:4096])
    store = local_store(tmp_path)
    assert open_store(store).search_experiments()
    assert (home / "mlflow.db").exists()


def test_opening_leaves_the_environment_and_the_working_folder_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    open_store(store)
    experiment(store, "letters")
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert list(Path.cwd().iterdir()) == []


def test_a_deleted_experiment_comes_back(store: Store) -> None:
    first = experiment(store, "letters")
    open_store(store).delete_experiment(first)
    assert experiment(store, "letters") == first
    assert open_store(store).get_experiment(first).lifecycle_stage == "active"


def test_a_database_of_another_mlflow_is_reported(store: Store) -> None:
    with sqlite3.connect(store.tracking_uri.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ancient'")
    with pytest.raises(RegistryError, match=r"does not answer: .*out-of-date database schema"):
        open_store(store)


def test_an_unreachable_server_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}"  # it does not listen, and nobody else can
        start = time.monotonic()
        with pytest.raises(RegistryError, match=rf"{uri} cannot be reached .*refused.*MLFLOW_TRACKING_URI"):
            open_store(Store(uri, Path("unused")))
        assert time.monotonic() - start < 5


def test_addresses(tmp_path: Path) -> None:
    state = tmp_path / ".signloop"
    assert store_at(None, state) == local_store(state)
    assert store_at("http://host:5000", state).served
    assert store_at("sqlite:///own/m.db", state).tracking_uri == f"sqlite:///{tmp_path}/own/m.db"
    assert store_at(f"sqlite:///{tmp_path}/m.db", state).artifacts == tmp_path / "artifacts"
    for folder in ("mlruns", "file:///srv/mlruns"):
        with pytest.raises(RegistryError, match="plain folders"):
            store_at(folder, state)


def test_the_root_is_found_upward_and_dvc_overrules_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    deep = tmp_path / "project/a/b"
    deep.mkdir(parents=True)
    with pytest.raises(InputError, match=r"no params\.yaml"):
        find_root(deep)
    (tmp_path / "project/params.yaml").write_text("", encoding="utf-8")
    assert find_root(deep) == tmp_path / "project"
    assert find_store(deep) == local_store(tmp_path / "project/.signloop")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert find_root(deep) == tmp_path
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:5000")
    assert find_store(deep).tracking_uri == "http://host:5000"
