"""`signloop dashboard`: one file, also where there is no registry and no log yet, or one of a newer Signloop."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from flows.command import app
from tests.flows.project import HERE
from tests.monitoring.log.factories import opened


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, tmp_path / name)
    for name in ("SIGNLOOP_DATABASE_URL", "MLFLOW_TRACKING_URI", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(*options: str) -> str:
    result = CliRunner().invoke(app, ["dashboard", "--out", "page.html", *options], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stdout.strip() == (Path.cwd() / "page.html").as_uri()
    return Path("page.html").read_text(encoding="utf-8")


def test_nothing_is_made_where_nothing_is(project: Path):
    page = written("--track", "letters")
    assert "there is no registry at" in page
    assert "there is no prediction log" in page
    assert not (project / ".signloop").exists()


def test_a_log_of_a_newer_signloop_is_said_and_left_alone(project: Path):
    with opened(project / ".signloop") as database, database.writing() as connection:
        connection.execute(text("UPDATE signloop_log_version SET version_num = '99'"))
    assert "is at revision 99" in written()
    other = create_engine(f"sqlite:///{project / '.signloop/predictions.db'}")
    with other.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM signloop_log_version")).scalar() == "99"
    other.dispose()


def test_an_unknown_track_is_refused(project: Path):
    result = CliRunner().invoke(app, ["dashboard", "--track", "leters"])
    assert result.exit_code == 1
    assert "leters" in str(result.exception)
