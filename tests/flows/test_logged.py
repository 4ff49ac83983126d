"""The prediction log in a backup, while it is written to, and back."""

import stat
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from flows import backup as backups
from flows import restore as restores
from flows.command import app
from flows.logged import Logged, may_replace
from monitoring.log.clients import client_key, secret_at
from monitoring.log.database import Database
from monitoring.log.erasing import erase
from monitoring.log.writer import Writer
from pipeline.errors import InputError, TransientError
from pipeline.files import write_text
from registry.store import local_store
from tests.flows.registries import Project
from tests.monitoring.log.factories import make_entry, put, stored

LATER = datetime.now(UTC) + timedelta(days=1)


def log_of(root: Path) -> Logged:
    return Logged(f"sqlite:///{root / '.signloop/predictions.db'}", root / ".signloop")


def ids(log: Logged, table: str = "predictions") -> list[str]:
    with closing(Database.open(log.url)) as database, database.reading() as connection:
        return list(connection.scalars(text(f"SELECT id FROM {table} ORDER BY id")))


def packed(project: Project) -> Path:
    out = project.root.parent / "with-log.tar.gz"
    backups.backup(project.store, state=project.state, out=out, log=log_of(project.root))
    return out


def brought_back(archive: Path, root: Path, *, force: bool = False) -> list[Path]:
    (root / ".signloop").mkdir(parents=True, exist_ok=True)
    store = local_store(root / ".signloop")
    _, aside = restores.restore(
        store, archive, root=root, state=store.artifacts.parents[1], force=force, log=log_of(root)
    )
    return aside


def test_rows_inputs_and_secret_come_back_elsewhere_and_only_their_owner_reads_them(
    project: Project, tmp_path: Path
) -> None:
    secret = secret_at(project.state / "client.secret")
    ada = client_key(secret, "ada")
    with closing(Database.open(log_of(project.root).url)) as database:
        kept = {"inputs": b"clip", "until": LATER}
        past = {"inputs": b"clip", "until": datetime.now(UTC) - timedelta(days=1)}
        stored(database, make_entry(id="a", client=ada), make_entry(id="b", **kept), make_entry(id="c", **past))
    archive = packed(project)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    other = tmp_path / "second"
    brought_back(archive, other)
    assert ids(log_of(other)) == ["a", "b", "c"]
    assert ids(log_of(other), "kept_inputs") == ["b"], "what is past its time stays away"
    assert secret_at(other / ".signloop/client.secret") == secret
    for name in ("client.secret", "predictions.db"):
        assert stat.S_IMODE((other / ".signloop" / name).stat().st_mode) == 0o600, name


def test_a_copy_is_made_while_the_log_is_written_to_and_holds_nothing_that_was_erased(project: Project) -> None:
    log, stop, told = log_of(project.root), threading.Event(), list[BaseException | None]()
    with Writer.open(log.url) as writer:
        for id in ("before", "erased"):
            put(writer, make_entry(id=id, label=f"told-{id}"))
        erase(writer.database, id="erased")

        def write() -> None:
            while not stop.is_set():
                told.append(put(writer, make_entry()))

        thread = threading.Thread(target=write)
        thread.start()
        archive = packed(project)
        stop.set()
        thread.join()
    assert told
    assert set(told) == {None}
    with tarfile.open(archive) as tar:
        copied = tar.extractfile("log/predictions.db")
        assert copied is not None
        rows = copied.read()
    assert b"told-before" in rows
    assert b"told-erased" not in rows


def test_a_log_that_is_here_is_replaced_by_force_alone_and_kept(project: Project) -> None:
    log = log_of(project.root)
    with Writer.open(log.url) as writer:
        put(writer, make_entry(id="old"))
        first = secret_at(log.secret)
        archive = packed(project)
        put(writer, make_entry(id="new"))
        log.secret.unlink()
        second = secret_at(log.secret)
        with pytest.raises(InputError, match=r"has 2 rows\. Add --force"):
            may_replace(log, force=False)
        _, aside = brought_back(archive, project.root, force=True)
        assert ids(log) == ["old"]
        assert put(writer, make_entry(id="of a server that has it open".replace(" ", "-"))) is None
        assert len(ids(log)) == 2
    assert secret_at(log.secret) == first
    assert secret_at(aside / "client.secret") == second
    assert ids(Logged(f"sqlite:///{aside / 'predictions.db'}", aside)) == ["new", "old"]


def test_a_log_that_is_locked_is_left_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of(project.root)
    with closing(Database.open(log.url)) as database:
        archive = packed(project)
        stored(database, make_entry(id="new"))
        with database.writing(), pytest.raises(TransientError, match="locked by another process"):
            brought_back(archive, project.root, force=True)
    assert ids(log) == ["new"]


def test_an_archive_without_a_log_and_a_log_on_a_server_are_said(
    project: Project, tmp_path: Path, postgres: str
) -> None:
    out = tmp_path / "plain.tar.gz"
    backups.backup(project.store, state=project.state, out=out)
    with pytest.raises(InputError, match="holds no prediction log"):
        brought_back(out, tmp_path / "second")
    with pytest.raises(InputError, match="pg_dump"):
        backups.backup(
            project.store, state=project.state, out=tmp_path / "x.tar.gz", log=Logged(postgres, project.state)
        )
    assert not (tmp_path / "x.tar.gz").exists()


def test_the_commands_take_the_log_where_they_are_asked_to(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", "SIGNLOOP_DATABASE_URL", "SIGNLOOP_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name, content in (("params.yaml", "tracks: {}\n"), ("dvc.yaml", "stages: {}\n")):
        write_text(project.root / name, content)
    monkeypatch.chdir(project.root)
    with closing(Database.open(log_of(project.root).url)) as database:
        stored(database, make_entry(id="a"))
    run = CliRunner().invoke
    assert "whom you erase later is still in it" in run(app, ["backup", str(tmp_path / "a.tgz"), "--log"]).output
    with closing(Database.open(log_of(project.root).url)) as database:
        erase(database, id="a")
    told = run(app, ["restore", str(tmp_path / "a.tgz"), "--log", "--force"]).output
    assert "Erase again whom you have erased since" in told
    assert told.count("is kept in") == 2
    assert ids(log_of(project.root)) == ["a"]
    assert isinstance(run(app, ["restore", "--here", "--log"]).exception, InputError)
