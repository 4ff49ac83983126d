"""What the doctor finds of the server's log and secret."""

from pathlib import Path

from flows import environment
from flows.checks import Check, Place, serving
from monitoring.log.database import Database
from registry.store import local_store


def place(state: Path, database: str | None = None) -> Place:
    state.mkdir(exist_ok=True)
    url = database or f"sqlite:///{state / 'predictions.db'}"
    return Place(root=state.parent, state=state, store=lambda: local_store(state), database=lambda: url)


def found(checks) -> tuple[str, str]:
    (check,) = checks
    assert isinstance(check, Check)
    return check.state, check.found


def test_a_log_that_is_not_there_is_none_and_is_not_made(tmp_path):
    state, said = found(serving.predictions(place(tmp_path / "state")))
    assert (state, "none yet" in said) == ("ok", True)
    assert not (tmp_path / "state/predictions.db").exists()


def test_a_log_that_opens_says_how_much_is_in_it(tmp_path):
    there = place(tmp_path / "state")
    Database.open(there.database()).close()
    assert found(serving.predictions(there)) == ("ok", "0 predictions")


def test_a_file_that_is_no_log_is_a_problem(tmp_path):
    there = place(tmp_path / "state")
    (there.state / "predictions.db").write_bytes(b"something else" * 100)
    state, said = found(serving.predictions(there))
    assert (state, "not a database" in said) == ("problem", True)


def test_a_secret_that_others_read_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "state_folder", lambda: tmp_path)
    monkeypatch.delenv("SIGNLOOP_CLIENT_SECRET", raising=False)
    assert list(serving.secret(place(tmp_path))) == []
    assert len(environment.client_secret()) == 32
    assert found(serving.secret(place(tmp_path)))[0] == "ok"
    (tmp_path / "client.secret").chmod(0o644)
    assert found(serving.secret(place(tmp_path)))[0] == "problem"
