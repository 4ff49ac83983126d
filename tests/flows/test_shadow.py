"""`signloop models shadow` on a real log and registry: what was shadowed, and what is kept and answered again."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from flows.shadow import lines, shadowed
from monitoring.log import inputs
from monitoring.log.database import Database
from monitoring.log.feedback import give
from pipeline.errors import InputError
from pipeline.form import form
from pipeline.params import Gates, Rule
from registry.store import Store
from tests.flows.project import HERE, Project, invoke
from tests.monitoring.log.factories import NOON, make_entry, minutes, stored
from tests.registry.conftest import migrated, store  # noqa: F401
from tests.registry.factories import FLOOR, make_track, never

CLIENTS = tuple(f"{number:02}" for number in range(6))


@pytest.fixture
def registry(store: Store, tmp_path: Path) -> Store:  # noqa: F811
    """Version 1 is in Production, version 2 the candidate, which learned from the client 00."""
    make_track(tmp_path / "1", misses={"fp32": never}, model=0, others={1: never}).promote(store, FLOOR)
    second = make_track(tmp_path / "2", misses={"fp32": never}, model=1, others={0: never}, learned=("client:00",))
    second.promote(store, Gates(accuracy=Rule(min=0.1), against_production=None, promotion="manual"))
    return store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path}/.signloop/predictions.db")) as opened:
        yield opened


def asked(database: Database, number: int, *, said: str, shadowed: str, truth: str | None, version: int = 1) -> None:
    """Has a client ask a question whose sign is A; each model misses it, or not, as its answer says."""
    id, client = f"q{number}", CLIENTS[number % len(CLIENTS)]
    clip = np.zeros((1, 21, 3), np.float32)
    clip[0, 1, 0], clip[0, 2, 0] = said != "A", shadowed != "A"  # what model 0 and model 1 add to the class
    packed = inputs.pack(clip, form("hand"), aspect=1, fps=15, handedness=1)
    stored(
        database,
        make_entry(id=id, label=said, client=client, version=version, inputs=packed, until=minutes(60), time=NOON),
        make_entry(id=f"s{number}", label=shadowed, client=client, version=2, role="shadow", of=id, time=NOON),
    )
    if truth is not None:
        give(database, id, truth, client="", who="ada", class_names=["A", "B"], operator=True)


def history(database: Database) -> None:
    """Twenty-four questions on which only the candidate is right, four on which only Production is, and others."""
    for number in range(24):
        asked(database, number, said="B", shadowed="A", truth="A")
    for number in range(24, 28):
        asked(database, number, said="A", shadowed="B", truth="A")
    for number in range(28, 40):
        asked(database, number, said="A", shadowed="A", truth="A" if number < 30 else None)
    asked(database, 40, said="B", shadowed="A", truth=None)
    asked(database, 41, said="B", shadowed="A", truth="A", version=7)  # another version than that in Production


def test_the_command_says_the_same(
    registry: Store, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNLOOP_DATABASE_URL", raising=False)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, tmp_path / name)
    history(database)
    said = invoke(Project(tmp_path), "models", "shadow", "letters", "--replay", "--alpha", "0.1")
    assert said.splitlines() == lines(shadowed(registry, database, "letters", replay=True, alpha=0.1))
    assert "(always-valid 90 %: " in said


def test_what_was_shadowed_tells_the_better_one(registry: Store, database: Database) -> None:
    history(database)
    found = shadowed(registry, database, "letters")
    trial = found.trial
    assert (found.candidate.number, found.production.number) == (2, 1)
    assert (trial.answers, trial.apart, trial.spoken, trial.settled) == (41, 29, 30, 28)
    assert (trial.gained, trial.lost, trial.clients) == (24, 4, 6)
    said = lines(found)
    assert said[0] == ("letters: version 2 against version 1, which is in Production, on 41 shadowed questions")
    assert said[1].startswith("answered otherwise: 29 of 41, 70.7% (always-valid 95 %: ")
    assert said[2].startswith("people spoke of 30; where only one was right, version 2 was: 24 of 28, 85.7% (")
    assert said[3:] == ["better: the interval leaves out one half; you may stop"]


def test_kept_inputs_are_answered_again_but_for_clients_that_a_model_learned_from(
    registry: Store, database: Database
) -> None:
    history(database)
    trial = shadowed(registry, database, "letters", replay=True).trial
    of_others = [number for number in range(42) if number % len(CLIENTS)]
    assert trial.answers == len(of_others)
    assert trial.gained == len([n for n in of_others if n < 24]) + 1  # of whichever version: both answer it now
    assert trial.lost == len([n for n in of_others if 24 <= n < 28])
    assert trial.clients == 5


def test_too_little_was_said_to_decide(registry: Store, database: Database) -> None:
    for number in range(3):
        asked(database, number, said="B", shadowed="A", truth="A" if number < 1 else None)
    said = lines(shadowed(registry, database, "letters"))
    assert said[-2].startswith("only 1 of 3 questions with different answers were spoken of: who is answered wrongly")
    assert said[-1] == "continue: 1 client(s) settled anything, 5 are needed"
    for number in range(3, 9):
        asked(database, number, said="A" if number % 2 else "B", shadowed="B" if number % 2 else "A", truth="A")
    assert lines(shadowed(registry, database, "letters"))[-1].startswith("continue: either may be the better one")


def test_nothing_to_compare_is_said_with_a_remedy(registry: Store, database: Database) -> None:
    with pytest.raises(InputError, match=r"no question was answered by version 2 .*serve\.shadow"):
        shadowed(registry, database, "letters")
    with pytest.raises(InputError, match=r"log\.inputs: true"):
        shadowed(registry, database, "letters", replay=True)
    with pytest.raises(InputError, match="version 1 of 'letters' is the candidate and in Production"):
        shadowed(registry, database, "letters", candidate=1)
