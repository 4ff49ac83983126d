"""kill -9, a full disk, several processes: what was acknowledged is in the log, and the log opens again."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from monitoring.log import migrate
from monitoring.log.writer import Writer
from pipeline.errors import InputError, SignloopError
from tests.monitoring.log.factories import FIGURES, address, make_entry, opened, put

ROOT = Path(__file__).parents[3]
WRITES = [sys.executable, "-m", "tests.monitoring.log.writing"]


@contextmanager
def writing(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [*WRITES, url, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ids(folder: Path) -> set[str]:
    with closing(opened(folder)) as database, database.reading() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        return set(connection.scalars(text("SELECT id FROM predictions")))


def killed(url: str, after: int) -> set[str]:
    """Returns the ids that a process acknowledged before it was killed, a while after so many lines."""
    with writing(url) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return {id for line in lines if line.endswith("\n") for id in line.split()}


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_after_kill_9_every_acknowledged_id_is_there(tmp_path: Path, kills: int) -> None:
    rng, acknowledged = random.Random(0), set[str]()
    for _ in range(kills):
        acknowledged |= killed(address(tmp_path), rng.randint(1, 400))
        assert acknowledged <= ids(tmp_path)
    assert len(acknowledged) > 3 * kills


FOUR = """
import os, sys
from pathlib import Path
import alembic.command
from tests.monitoring.log.factories import address, make_entry, put
from monitoring.log.writer import Writer

ready, go = os.pipe(), os.pipe()
for number in range(4):
    if os.fork() == 0:
        os.write(ready[1], b".")
        os.close(go[1])
        os.read(go[0], 1)  # ends when the parent closes its end: all at once
        with Writer.open(address(Path(sys.argv[1]))) as writer:
            for i in range(25):
                assert put(writer, make_entry(id=f"{number}-{i}")) is None
        os._exit(0)
for _ in range(4):
    os.read(ready[0], 1)
os.close(go[1])
print(*(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(4)))
"""


def test_four_processes_open_a_fresh_database_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FOUR, str(tmp_path / "new")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert answer.stdout.split() == ["0"] * 4, answer.stderr
    assert ids(tmp_path / "new") == {f"{number}-{i}" for number in range(4) for i in range(25)}


MIGRATION = """
import os, signal, sys
from pathlib import Path
import alembic.command
from sqlalchemy import Engine, event
from tests.monitoring.log.factories import opened

for k in range(1000):
    child = os.fork()
    if child == 0:
        left = [k]

        @event.listens_for(Engine, "before_cursor_execute")
        def count(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        opened(Path(sys.argv[1]) / str(k)).close()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(k)
        break
"""


def test_a_kill_at_any_statement_of_the_migration_leaves_a_database_that_opens(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MIGRATION, str(tmp_path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    statements = int(answer.stdout)
    assert statements > 10, answer.stderr
    for k in range(statements):
        with Writer.open(address(tmp_path / str(k))) as writer:
            assert put(writer, make_entry(id="first")) is None
        assert ids(tmp_path / str(k)) == {"first"}


def test_no_room_is_told_with_a_remedy_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with writing(address(tmp_path), "2000000") as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    failures = [line for line in lines if line.startswith("failed")]
    acknowledged = {id for line in lines if not line.startswith("failed") for id in line.split()}
    assert failures
    assert all("failed SignloopError" in line and "Free some room" in line for line in failures)
    assert "afterwards" in acknowledged
    assert len(acknowledged) > 100
    assert acknowledged <= ids(tmp_path)
    assert process.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where the user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_is_told_and_the_writer_goes_on_when_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    acknowledged, outcome = set(), None
    with Writer.open(address(small_disk)) as writer:
        for i in range(5000):
            if outcome := put(writer, make_entry(id=str(i), figures=FIGURES)):
                break
            acknowledged.add(str(i))
        assert isinstance(outcome, SignloopError)
        assert "full" in str(outcome)
        assert "Free some room" in str(outcome)
        ballast.unlink()
        assert put(writer, make_entry(id="afterwards")) is None
    assert acknowledged
    assert acknowledged | {"afterwards"} <= ids(small_disk)


def test_only_its_owner_reads_the_log(tmp_path: Path) -> None:
    with Writer.open(address(tmp_path)) as writer:
        put(writer, make_entry())
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert {"predictions.db", "predictions.db-wal", "predictions.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_a_database_of_a_newer_signloop_or_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as database, database.writing() as connection:
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '999'"))
    with pytest.raises(SignloopError, match=r"revision 999, .* Update Signloop"):
        opened(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "predictions.db").write_bytes(b"a letter to a friend" * 100)
    with pytest.raises(SignloopError, match="not a database"):
        opened(tmp_path / "other")


def test_the_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from monitoring.log.tables import metadata

    assert ScriptDirectory.from_config(migrate.configured()).get_current_head() == migrate.HEAD
    with closing(opened(tmp_path)) as database, database.reading() as connection:
        options = {"version_table": migrate.VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


@pytest.mark.parametrize("url", ["mysql://here/log", "sqlite://", "sqlite:///:memory:", "predictions.db"])
def test_an_address_of_nothing_we_know_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="expected sqlite:////path"):
        Writer.open(url)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        opened(tmp_path / "file")
