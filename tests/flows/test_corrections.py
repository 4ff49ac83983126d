"""What people said of answers, written where a track's `extract` finds it, and what becomes of it there."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from flows import causes, corrections
from flows.causes import Cause
from flows.command import app
from monitoring.log import erasing, exporting, inputs
from monitoring.log.database import Database
from monitoring.log.feedback import give, withdraw
from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.feedback import never_trained_on
from pipeline.form import form
from pipeline.params import Policy
from tests.flows.project import Project, invoke, served, tiny_params, write_params
from tests.monitoring.log.factories import NOON, make_entry, stored

CLIENTS = [f"{number:032x}" for number in range(12)]
COMPARED = [client for client in CLIENTS if never_trained_on(client, 0.2)]
LEARNED = [client for client in CLIENTS if client not in COMPARED]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_params(tmp_path, tiny_params())
    return tmp_path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path}/log.db")) as opened:
        yield opened


def say(database: Database, id: str, label: str | None) -> None:
    give(database, id, label, client="", who="ada", class_names=["A", "B", "C"], operator=True)


def answers(
    database: Database, clients: list[str], *, points: int = 21, begin: int = 0, track: str = "letters"
) -> None:
    """Has each client ask once, be answered A, and say that it was B."""
    for number, client in enumerate(clients, start=begin):
        clip = np.random.default_rng(number).uniform(0.2, 0.8, (3, points, 3)).astype(np.float32)
        packed = inputs.pack(clip, form("hand"), aspect=1, fps=25, handedness=1)
        until = NOON + timedelta(days=30)
        stored(database, make_entry(id=f"q{number}", client=client, inputs=packed, until=until, track=track))
        say(database, f"q{number}", "B")


def write(root: Path, database: Database, share: float = 0.2) -> dict[str, int]:
    return corrections.write(root, ["letters"], database, Policy(recent_share=share))


def held(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "feedback" / "letters").glob("*")}


def groups(root: Path, name: str) -> list[str]:
    return store.read(root / "feedback" / "letters" / f"{name}.h5").group.tolist()


def test_clients_are_trained_on_or_compared_on_and_nobody_is_trained_on(root: Path, database: Database) -> None:
    assert COMPARED
    answers(database, [*CLIENTS, ""])
    assert write(root, database) == {"letters": 13}
    assert sorted(groups(root, "recent")) == COMPARED
    assert sorted(groups(root, "trained")) == sorted([*LEARNED, exporting.NOBODY])


def test_the_same_feedback_gives_the_same_bytes_and_none_leaves_nothing(root: Path, database: Database) -> None:
    assert write(root, database) == {"letters": 0}
    assert not (root / "feedback").exists()
    answers(database, CLIENTS)
    write(root, database)
    before = held(root)
    say(database, "q0", "B")  # once more the same
    write(root, database)
    assert held(root) == before
    say(database, "q0", "C")
    write(root, database)
    assert held(root) != before


def test_what_is_withdrawn_or_erased_leaves_the_files(root: Path, database: Database) -> None:
    answers(database, [LEARNED[0], COMPARED[0], LEARNED[1]])
    write(root, database)
    withdraw(database, "q0", client="", who="ada", operator=True)
    erasing.erase(database, client=[COMPARED[0]])
    assert write(root, database) == {"letters": 1}
    assert list(held(root)) == ["trained.h5"]
    erasing.erase(database, id="q2")
    assert write(root, database) == {"letters": 0}
    assert not (root / "feedback" / "letters").exists()


def test_a_clip_stays_when_its_input_is_past_its_time(root: Path, database: Database) -> None:
    answers(database, [LEARNED[0], COMPARED[0]])
    write(root, database)
    before = held(root)
    assert erasing.prune(database, before=None, now=NOON + timedelta(days=31)).inputs == 2
    assert write(root, database) == {"letters": 2}
    assert held(root) == before
    say(database, "q0", "C")  # people may still say better what it was
    write(root, database)
    assert store.read(root / "feedback/letters/trained.h5").class_names == ("C",)
    erasing.prune(database, before=NOON + timedelta(days=1), now=NOON + timedelta(days=366))
    assert write(root, database) == {"letters": 0}


def test_a_larger_share_moves_clients_and_keeps_their_clips(root: Path, database: Database) -> None:
    answers(database, CLIENTS)
    write(root, database)
    erasing.prune(database, before=None, now=NOON + timedelta(days=31))
    assert write(root, database, share=0.999) == {"letters": 12}
    assert sorted(groups(root, "recent")) == CLIENTS
    assert list(held(root)) == ["recent.h5"]


def test_inputs_of_another_model_are_left_out(root: Path, database: Database) -> None:
    answers(database, LEARNED[:1], points=75)
    answers(database, LEARNED[1:3], begin=5)
    assert write(root, database) == {"letters": 2}


def test_an_erasure_names_the_file_that_holds_a_clip(root: Path, database: Database) -> None:
    answers(database, LEARNED[:1])
    write(root, database)
    gone = erasing.erase(database, id="q0")
    assert [export.path for export in gone.exports] == [str(root / "feedback/letters/trained.h5")]


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Project:
    """A copy of a project with a version in Production."""
    shutil.copytree(served(tmp_path_factory).root, tmp_path / "project")
    return Project(tmp_path / "project")


def logged(project: Project, clients: list[str]) -> None:
    """Has clients correct answers of the project's own log: new hands each."""
    with closing(Database.open(f"sqlite:///{project.root}/.signloop/predictions.db")) as database:
        answers(database, clients)


def test_the_stages_take_corrections_up_and_promote_is_told_that_drift_called(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNLOOP_DATABASE_URL", raising=False)
    test_before = splits.read(project.root / "artifacts/letters/prepare/split.json").test.tolist()
    logged(project, CLIENTS)
    said = invoke(project, "feedback", "export", "letters", "--for-training")
    assert said == "feedback/letters: 12 clip(s). Next: dvc repro\n"
    state = project.root / ".signloop"
    causes.tell(state, ["letters"], Cause(what=causes.DRIFT, reasons=("less sure than on the test clips",)))
    for stage in ("extract", "prepare", "pretrain", "train", "export", "evaluate", "promote"):
        invoke(project, "stage", stage, "letters")
    split = splits.read(project.root / "artifacts/letters/prepare/split.json")
    assert split.test.tolist() == test_before
    assert len(split.recent) == len(COMPARED)
    measured = project.json("artifacts/letters/evaluation/metrics.json")["fp32"]
    assert measured["recent"]["num_clips"] == len(COMPARED)
    decision: dict[str, Any] = project.json("artifacts/letters/decision.json")
    assert decision["version"] == 2
    assert any(reason.startswith("on recent clips against version 1: ") for reason in decision["reasons"])
    assert causes.told(state, "letters") is None  # it was judged


def test_a_cause_stands_until_it_is_settled(tmp_path: Path) -> None:
    assert causes.told(tmp_path, "letters") is None
    causes.tell(tmp_path, ["letters", "signs"], Cause(what="corrections", reasons=("212 new ones",)))
    assert not causes.drifted(tmp_path, "letters")
    causes.tell(tmp_path, ["letters"], Cause(what="drift"))
    assert causes.drifted(tmp_path, "letters")
    causes.settle(tmp_path, ["letters"])
    assert (causes.drifted(tmp_path, "letters"), causes.told(tmp_path, "letters")) == (False, None)
    told = causes.told(tmp_path, "signs")
    assert told == Cause(what="corrections", reasons=("212 new ones",))


def test_an_export_needs_a_file_or_a_purpose(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    with pytest.raises(InputError, match="give either --out FILE or --for-training"):
        CliRunner().invoke(app, ["feedback", "export", "letters"], catch_exceptions=False)
