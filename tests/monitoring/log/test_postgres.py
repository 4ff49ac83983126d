"""What is PostgreSQL's own: its driver, a server that goes away, several who migrate at once. The rest has both."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from monitoring.log import migrate
from monitoring.log.database import Database
from monitoring.log.tables import metadata
from monitoring.log.writer import Writer
from pipeline.errors import InputError, TransientError
from tests.monitoring.log.factories import make_entry, put
from tests.monitoring.log.test_durability import killed
from tests.postgres import cluster

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


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_any_spelling_of_an_address_means_the_driver_that_is_installed(postgres: str, scheme: str) -> None:
    with Database.open(postgres.replace("postgresql", scheme, 1)) as database, database.reading() as connection:
        assert connection.dialect.driver == "psycopg"
        assert connection.scalar(text("SHOW timezone")).upper() == "UTC"


def ids(url: str) -> set[str]:
    with Database.open(url) as database, database.reading() as connection:
        return set(connection.scalars(text("SELECT id FROM predictions")))


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_after_kill_9_of_who_writes_every_acknowledged_id_is_there(postgres: str, kills: int) -> None:
    rng, acknowledged = random.Random(0), set[str]()
    for _ in range(kills):
        acknowledged |= killed(postgres, rng.randint(1, 400))
        assert acknowledged <= ids(postgres)
    assert len(acknowledged) > 3 * kills


@pytest.mark.slow
def test_after_kill_9_of_the_server_every_acknowledged_id_is_there_and_the_writer_goes_on() -> None:
    """With PostgreSQL's own settings: it flushes each commit."""
    with cluster(options="") as running:
        url = running.fresh()
        with Writer.open(url) as writer:
            told = {f"{i}": put(writer, make_entry(id=f"{i}")) for i in range(200)}
            running.kill()
            assert isinstance(put(writer, make_entry(id="away")), TransientError)
            running.start("")
            assert put(writer, make_entry(id="back")) is None
        assert set(told.values()) == {None}
        assert ids(url) == {*told, "back"}


def test_the_migrations_make_the_tables_of_the_code(postgres: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with Database.open(postgres) as database, database.reading() as connection:
        options = {"version_table": migrate.VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        assert migrate.revision(connection) == migrate.HEAD


def test_a_migration_that_is_cut_off_leaves_nothing_of_itself(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    def cut(*arguments: object) -> None:
        upgrade(*arguments)
        raise KeyboardInterrupt

    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", cut)
        with pytest.raises(KeyboardInterrupt):
            Database.open(postgres)
    with Writer.open(postgres) as writer:
        assert put(writer, make_entry(id="first")) is None
    assert ids(postgres) == {"first"}
