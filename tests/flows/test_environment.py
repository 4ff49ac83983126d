"""What the environment says, and what holds where it says nothing."""

import os
import sys
from pathlib import Path

import pytest

from flows import environment
from pipeline.errors import InputError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_TRACKING_URI", *environment.SILENT):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "inner/most").mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "inner/most")
    return tmp_path


def test_the_root_is_found_from_below(root: Path) -> None:
    assert environment.project_root() == root
    assert environment.state_folder() == root / ".signloop"
    assert environment.store().tracking_uri == f"sqlite:///{root}/.signloop/mlflow/mlflow.db"


def test_outside_of_a_project_the_folder_is_named(root: Path) -> None:
    (root / "dvc.yaml").unlink()
    with pytest.raises(InputError, match=f"'{root}/inner/most' is not inside a Signloop project"):
        environment.project_root()


def test_in_an_experiment_the_state_is_the_projects_own(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not environment.in_experiment()
    monkeypatch.setenv("DVC_EXP_NAME", "faster")
    monkeypatch.setenv("DVC_ROOT", "/elsewhere")
    assert environment.in_experiment()
    assert environment.state_folder() == Path("/elsewhere/.signloop")


def test_an_address_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert environment.store().tracking_uri == "http://127.0.0.1:9"


def test_recordings_are_looked_at_by_processes_unless_said_otherwise(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNLOOP_EXECUTOR", "")
    assert environment.executor() == "processes"
    monkeypatch.setenv("SIGNLOOP_EXECUTOR", "here")
    assert environment.executor() == "here"


def test_bundles_are_looked_for_where_one_says_and_then_in_the_cache(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("SIGNLOOP_ASSETS", raising=False)
    assert environment.assets() == [Path("/home/ada/.cache/signloop/assets")]
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    monkeypatch.setenv("SIGNLOOP_ASSETS", "~/bundles")
    assert environment.assets() == [Path("/home/ada/bundles"), Path("/var/cache/signloop/assets")]


def test_telemetry_is_off_unless_the_user_set_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.SILENT:
        monkeypatch.setenv(name, "")  # so that what `silence` sets is undone after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    environment.silence()
    assert {name: os.environ[name] for name in environment.SILENT} == {**environment.SILENT, "DO_NOT_TRACK": "0"}


@pytest.mark.skipif(sys.platform != "linux", reason="displays have names on Linux alone")
def test_a_display_is_what_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":3")
    assert environment.display() == ":3"
    monkeypatch.setenv("DISPLAY", "")
    assert environment.display() is None


def test_windows_are_quiet_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_LOGGING_RULES", "*.debug=true")
    environment.hush_windows()
    assert os.environ["QT_LOGGING_RULES"] == "*.debug=true"
    monkeypatch.delenv("QT_LOGGING_RULES")
    environment.hush_windows()
    assert os.environ["QT_LOGGING_RULES"] == "*.warning=false"
