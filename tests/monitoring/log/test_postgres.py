"""What is PostgreSQL's own: its driver, a server that goes away, several who migrate at once. The rest has both."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from monitoring.log.database import Database
from monitoring.log.writer import Writer
from pipeline.errors import InputError, TransientError
from tests.monitoring.log.factories import make_entry, put

ROOT = Path(__file__).parents[3]


def test_without_the_driver_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[postgres\]'"):
        Database.open("postgresql://ada:secret@127.0.0.1:9/log")


def test_a_server_that_is_away_is_said_without_the_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is an extra: python -m pip install -e '.[postgres]'")
    with pytest.raises(TransientError, match="does not answer") as caught:
        Database.open(f"postgres://ada:secret@/log?host={tmp_path}")
    assert "ada:***@" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_connection_that_was_cut_is_made_again(postgres: str) -> None:
    with Writer.open(postgres) as writer, Database.open(postgres) as other:
        assert put(writer, make_entry(id="before")) is None
        with other.writing() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{others} AND datname = current_database()"))
        assert put(writer, make_entry(id="after")) is None
        with other.reading() as connection:
            assert connection.scalars(text("SELECT id FROM predictions ORDER BY number")).all() == ["before", "after"]


def test_a_value_that_only_postgresql_refuses_fails_alone(postgres: str) -> None:
    with Writer.open(postgres) as writer:
        outcome = put(writer, make_entry(label="zero \0"))
        assert isinstance(outcome, InputError)
        assert put(writer, make_entry()) is None


def test_four_open_a_fresh_database_at_once(postgres: str) -> None:
    code = "import sys; from monitoring.log.database import Database; Database.open(sys.argv[1]).close()"
    opening = [subprocess.Popen([sys.executable, "-c", code, postgres], cwd=ROOT) for _ in range(4)]
    assert [process.wait(60) for process in opening] == [0] * 4
