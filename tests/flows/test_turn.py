"""One at a time: who has the turn is told whole, whatever happens at the same moment."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from flows import turn
from flows.turn import BusyError, Holder
from pipeline.files import read_json
from tests.flows.project import HERE
from tests.flows.retraining import until

TAKES = """
import sys, pathlib
from flows import turn
try:
    with turn.take(pathlib.Path(sys.argv[1]), "by hand"):
        print("mine", flush=True)
        sys.stdin.read()
except turn.BusyError as busy:
    print(busy.holder.pid, flush=True)
"""
STARTS = 12


def taker(state: Path) -> "subprocess.Popen[str]":
    """Starts a process that takes the turn, and holds it until its stdin ends."""
    command = [sys.executable, "-c", TAKES, str(state)]
    return subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def says(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_second_is_told_who_and_since_when(tmp_path: Path) -> None:
    before = datetime.now().astimezone().replace(microsecond=0)
    with turn.take(tmp_path, "by hand"):
        with pytest.raises(BusyError) as caught, turn.take(tmp_path, "by hand"):
            pass
        note = Holder(**read_json(tmp_path / turn.NOTE))
    assert caught.value.holder == note
    assert datetime.fromisoformat(note.since) >= before
    assert str(note).startswith(f"running since {note.since[11:19]} by {note.user}@{note.host} (pid ")
    with turn.take(tmp_path, "by hand"):
        pass


def test_a_date_is_told_where_it_is_not_today() -> None:
    holder = Holder(user="ada", host="box", pid=7, cause="by hand", since="2026-01-02T03:04:05+00:00")
    assert str(holder) == "running since 2026-01-02 03:04:05 by ada@box (pid 7, by hand)"


def test_an_error_inside_gives_the_turn_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), turn.take(tmp_path, "by hand"):
        raise KeyError
    with turn.take(tmp_path, "by hand"):
        pass


def test_after_kill_9_the_next_has_the_turn_and_the_note_is_its_own(tmp_path: Path) -> None:
    first = taker(tmp_path)
    assert says(first) == "mine"
    first.send_signal(signal.SIGKILL)
    first.wait()
    second, third = taker(tmp_path), None
    try:
        assert says(second) == "mine"
        third = taker(tmp_path)
        assert says(third) == str(second.pid)
    finally:
        second.communicate("")


def test_of_many_at_once_one_has_the_turn_and_the_others_name_it(tmp_path: Path) -> None:
    """The one that was killed before left a note, which nobody is told."""
    killed = taker(tmp_path)
    assert says(killed) == "mine"
    killed.kill()
    killed.wait()
    processes = [taker(tmp_path) for _ in range(STARTS)]
    said = {process.pid: says(process) for process in processes}
    (holder,) = (pid for pid, words in said.items() if words == "mine")
    assert Counter(said.values()) == {"mine": 1, str(holder): STARTS - 1}
    for process in processes:
        process.communicate("")
    until(lambda: all(process.poll() == 0 for process in processes), "all ended well")
