"""`signloop models` through the command line, on a real registry of two judged versions."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows import environment
from flows.checks import Place
from flows.checks.models import registry
from flows.command import app
from flows.restore import restore
from pipeline.errors import InputError
from registry.store import Store, local_store, open_store
from registry.verify import verify
from tests.flows.project import HERE, Project, invoke
from tests.registry.factories import every, make_track, never
from tests.registry.ledgers import aliases, told
from tests.registry.test_promote import PAIRED


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """Version 1 misses every fifth clip, version 2 none; it is in Production."""
    root = tmp_path_factory.mktemp("judged")
    store = local_store(root / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, root / name)
    make_track(root / "worse", misses={"fp32": every(5)}, model=1, others={0: never}).promote(store, PAIRED)
    make_track(root / "good", misses={"fp32": never}, others={1: every(5)}).promote(store, PAIRED)
    return root


@pytest.fixture
def project(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the database; the bytes stay where they are, since their paths are absolute."""
    monkeypatch.setenv("SIGNLOOP_WHO", "ada@desk")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / ".signloop/mlflow").mkdir(parents=True)
    shutil.copyfile(judged / ".signloop/mlflow/mlflow.db", tmp_path / ".signloop/mlflow/mlflow.db")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, tmp_path / name)
    return Project(tmp_path)


def store_of(project: Project) -> Store:
    return local_store(project.root / ".signloop")


def failed(project: Project, *arguments: str) -> str:
    """Runs a command that must end with status 1 by what it found; returns what it printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert answer.exit_code == 1, answer.output
    return answer.stdout


def test_a_rollback_and_a_promotion_say_what_answers_since_when_and_by_whom(project: Project) -> None:
    said = invoke(project, "models", "rollback", "letters", "--reason", "people complained")
    assert said.startswith("letters: version 1 in Production\n  since 20")
    assert "rolled back by ada@desk: people complained" in said
    shown = invoke(project, "models", "show", "letters")
    assert "rolled back by ada@desk: people complained" in shown
    assert "version 2 is held: rolled back by ada@desk" in shown
    assert "promoted by ada@desk" in invoke(project, "models", "promote", "letters", "2")
    assert aliases(store_of(project)) == {"candidate": 2, "production": 2, "previous": 1}
    invoke(project, "models", "rollback", "letters")
    with pytest.raises(InputError, match="nothing to roll back to"):
        invoke(project, "models", "rollback", "letters")


def test_history_newest_first_as_json_and_at_a_moment(project: Project) -> None:
    invoke(project, "models", "rollback", "letters", "--reason", "why not")
    lines = [json.loads(line) for line in invoke(project, "models", "history", "letters", "--json").splitlines()]
    assert [(line["number"], line["what"], line["before"], line["after"]) for line in lines] == [
        (1, "promoted", None, 1),
        (2, "promoted", 1, 2),
        (3, "rolled back", 2, 1),
    ]
    assert lines[2] | {"who": "ada@desk", "reason": "why not", "superseded": False} == lines[2]
    (newest,) = invoke(project, "models", "history", "letters", "--json", "--limit", "1").splitlines()
    assert json.loads(newest)["number"] == 3
    with_two = invoke(project, "models", "history", "letters", "--at", lines[1]["when"])
    assert "version 2 in Production, since" in with_two
    assert "promoted by promote stage: against version 1" in with_two
    assert "version 1 in Production" in invoke(project, "models", "history", "letters", "--at", "2999-01-01")
    assert "does not reach back so far" in invoke(project, "models", "history", "letters", "--at", "2001-01-01T12:00")
    with pytest.raises(InputError, match="expected a date or a time"):
        invoke(project, "models", "history", "letters", "--at", "yesterday")
    with pytest.raises(InputError, match="no model 'signs'"):
        invoke(project, "models", "history", "signs")


def test_the_table_of_the_history(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    invoke(project, "models", "rollback", "letters", "--reason", "why not")
    rows = invoke(project, "models", "history", "letters").splitlines()
    (last,) = [row for row in rows if "why not" in row]
    assert all(word in last for word in ("rolled back", "2 → 1", "ada@desk"))
    assert rows.index(last) < next(i for i, row in enumerate(rows) if "– → 1" in row)


def test_verify_ends_with_status_1_and_remedies(project: Project) -> None:
    assert invoke(project, "models", "verify") == "Every file, alias and entry is as the registry says.\n"
    open_store(store_of(project)).set_registered_model_alias("letters", "production", "1")
    said = failed(project, "models", "verify", "letters")
    assert said.startswith(
        "letters: Production was moved outside from version 2 to version 1\n  signloop models verify"
    )
    assert invoke(project, "models", "verify", "letters", "--adopt").startswith("Every file")
    assert told(store_of(project))[-1].startswith("moved outside: version 2 → version 1")


def test_the_doctor_names_the_command_that_mends(project: Project) -> None:
    store = store_of(project)
    place = Place(root=project.root, state=project.root / ".signloop", store=lambda: store)
    assert not [check for check in registry(place) if "outside" in check.found]
    open_store(store).set_registered_model_alias("letters", "production", "1")
    (found,) = [check for check in registry(place) if "outside" in check.found]
    assert found.state == "warning"
    assert found.mend.startswith("signloop models verify letters --adopt")


def test_compare_draws_the_candidate_against_production(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    with pytest.raises(InputError, match="both the candidate and in Production"):
        invoke(project, "models", "compare", "letters")
    said = invoke(project, "models", "compare", "letters", "--against", "1", "--html", "page.html")
    assert said.startswith("letters: version 2 against version 1, on 720 clips of 12 groups\n")
    assert "accuracy 1.000 against 0.800: +20.0 points, between +1" in said
    assert said.count("●") == 1 + 3 + 12
    page = (project.root / "page.html").read_text(encoding="utf-8")
    assert page.count("<circle") == 16
    assert "http" not in page
    assert "src=" not in page


def test_delete_asks_refuses_a_holder_and_is_remembered(project: Project) -> None:
    with pytest.raises(InputError, match="version 2 of 'letters' is candidate and production: not deleted"):
        invoke(project, "models", "delete", "letters", "2", "--yes")
    invoke(project, "models", "rollback", "letters")
    with pytest.raises(InputError, match="is candidate: not deleted"):
        invoke(project, "models", "delete", "letters", "2", "--yes")
    open_store(store_of(project)).delete_registered_model_alias("letters", "candidate")
    assert "Delete version 2" in failed(project, "models", "delete", "letters", "2")  # nobody answers yes
    assert "is deleted" in invoke(project, "models", "delete", "letters", "2", "--yes", "--reason", "twice as slow")
    assert told(store_of(project))[-1] == "deleted version 2, by ada@desk"
    assert "letters.ledger" not in invoke(project, "models", "list")


def test_a_backup_carries_the_ledger(judged: Path, tmp_path: Path) -> None:
    invoke(Project(judged), "backup", str(tmp_path / "kept.tar.gz"))
    other = local_store(tmp_path / ".signloop")
    manifest, _ = restore(other, tmp_path / "kept.tar.gz", root=tmp_path, state=tmp_path / ".signloop", force=False)
    assert list(manifest.versions) == ["letters"]
    assert told(other) == told(local_store(judged / ".signloop"))
    assert list(verify(other, "letters")) == []


def test_a_version_without_a_commit_is_not_made_again(project: Project) -> None:
    client = open_store(store_of(project))
    with pytest.raises(InputError, match="not a git repository"):
        invoke(project, "models", "reproduce", "letters", "1")
    client.set_model_version_tag("letters", "1", "signloop.git_commit", "")
    with pytest.raises(InputError, match="names no commit"):
        invoke(project, "models", "reproduce", "letters", "1")


def test_who_is_asked_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNLOOP_WHO", "ada")
    assert environment.who() == "ada"
    monkeypatch.delenv("SIGNLOOP_WHO")
    monkeypatch.setenv("LOGNAME", "bo")
    assert environment.who().startswith("bo@")
