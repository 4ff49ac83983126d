"""kill -9 between each pair of steps, and eight who promote at once: one version in Production, and all is recorded."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registry import entries, moves, versions
from registry.ledger import OUTSIDE, replay
from registry.store import Store, local_store
from tests.registry.killed import perform
from tests.registry.ledgers import aliases, make_versions

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STEPS: dict[str, list[list[Any]]] = {  # what is done before, and last what is killed
    "promote": [["promote", 2]],
    "roll_back": [["promote", 2], ["promote", 3], ["roll_back"]],
    "delete": [["promote", 2], ["promote", 3], ["delete", 1]],
}
NUM_WRITES = {"promote": 4, "roll_back": 4, "delete": 3}  # of the last step; the test counts them
Kill = Callable[[Path, list[list[Any]], int, str], int]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    command = [sys.executable, "-m", "tests.registry.killed"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        asked, told = parent.stdin, parent.stdout

        def kill(state: Path, steps: list[list[Any]], k: int, side: str) -> int:
            asked.write(json.dumps([str(state), steps, k, side]) + "\n")
            asked.flush()
            return int(told.readline())

        yield kill
        parent.stdin.close()


@pytest.fixture
def begun(store: Store) -> Path:
    """A database with four versions, the first in Production, to be copied for each kill."""
    make_versions(store, "passed", "passed", "passed", "passed")
    return store.artifacts.parent / "mlflow.db"


def copied(database: Path, state: Path) -> Store:
    (state / "mlflow").mkdir(parents=True)
    shutil.copyfile(database, state / "mlflow/mlflow.db")
    return local_store(state)


def check_after(store: Store) -> None:
    """One holder before anything is mended; after the next command, nothing is open and nothing is missing."""
    held = [v.number for v in versions.versions(store, "letters") if "production" in v.aliases]
    assert len(held) == 1
    moves.catch_up(store, "letters")
    told = entries.read(store, "letters")
    state = replay(told)
    assert [entry.number for entry in told] == list(range(1, len(told) + 1))
    assert all(entry.settled for entry in told)
    assert not state.superseded
    assert not [entry for entry in told if entry.who == OUTSIDE]
    found = aliases(store)
    assert (found["production"], found.get("previous")) == (state.production, state.previous)
    assert {v.number for v in versions.versions(store, "letters")} == {1, 2, 3, 4} - state.gone


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_around_each_write(store: Store, begun: Path, tmp_path: Path, kill: Kill, step: str) -> None:
    *before, last = STEPS[step]
    perform(store, before)
    for k in range(1, NUM_WRITES[step] + 1):
        for side in ("before", "after"):
            state = tmp_path / f"{side}-{k}"
            copy = copied(begun, state)
            assert kill(state, [last], k, side) == -signal.SIGKILL, (k, side)
            check_after(copy)
    whole = copied(begun, tmp_path / "whole")
    assert kill(tmp_path / "whole", [last], NUM_WRITES[step] + 1, "before") == 0, "there are writes that no kill was at"
    check_after(whole)


def test_two_hundred_kills_one_after_the_other(begun: Path, tmp_path: Path, kill: Kill) -> None:
    """In one registry, whose history grows: each command goes on from what the one before left."""
    state, rng, killed = tmp_path / "long", random.Random(0), 0
    store = copied(begun, state)
    while killed < 200:
        now = moves.seen(store, "letters")
        target = rng.choice([number for number in (1, 2, 3, 4) if number != now])
        k, side = rng.randint(1, NUM_WRITES["promote"]), rng.choice(["before", "after"])
        killed += kill(state, [["promote", target]], k, side) == -signal.SIGKILL
        held = [v.number for v in versions.versions(store, "letters") if "production" in v.aliases]
        assert len(held) == 1
        before = len(entries.read(store, "letters"))
        moves.catch_up(store, "letters")
        told = entries.read(store, "letters")
        assert len(told) == before, "what a kill left is no move of others"
        assert all(entry.settled for entry in told)
        assert replay(told).production == moves.seen(store, "letters")
    assert not replay(entries.read(store, "letters")).superseded


EIGHT = """
import os, sys
from dataclasses import replace
from pathlib import Path
import mlflow.store.model_registry.sqlalchemy_store, mlflow.store.tracking.sqlalchemy_store
from pipeline.errors import RegistryError
from registry import moves
from registry.store import Store, local_store

state, hosts = Path(sys.argv[1]), sys.argv[2] == "hosts"
ready, go = os.pipe(), os.pipe()
for number in range(2, 10):
    if os.fork() == 0:
        store = local_store(state)
        if hosts:  # a file lock reaches no other machine
            store = Store(store.tracking_uri, state / f"host{number}" / "artifacts")
        expected = moves.seen(store, "letters")
        os.write(ready[1], b".")
        os.close(go[1])
        os.read(go[0], 1)  # ends when the parent closes its end: all at once
        try:
            moves.promote(store, "letters", number, expected=expected, who=f"process {number}")
        except RegistryError as error:
            assert "meanwhile" in str(error), error
            os._exit(1)
        os._exit(0)
for _ in range(8):
    os.read(ready[0], 1)
os.close(go[1])
print(*(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(8)))
"""


@pytest.mark.parametrize("machines", ["one", "hosts"])
def test_eight_who_promote_at_once(store: Store, machines: str) -> None:
    make_versions(store, *["passed"] * 9)
    state = store.artifacts.parents[1]
    command = [sys.executable, "-c", EIGHT, str(state), machines]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert sorted(answer.stdout.split()) == ["0"] + ["1"] * 7, answer.stderr
    told = entries.read(store, "letters")
    assert [entry.number for entry in told] == list(range(1, 10))
    assert {entry.version for entry in told[1:]} == set(range(2, 10))
    assert all(entry.settled for entry in told)
    winner = told[1]
    assert aliases(store) == {"production": winner.version, "previous": 1}
    assert moves.state_of(store, "letters").superseded == set(range(3, 10))
