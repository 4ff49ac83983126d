"""Worker processes: renewed, and rid of with us; a job that takes its process down costs itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.executors.processes import Processes
from pipeline.detect.detected import Failure
from pipeline.errors import SignloopError
from pipeline.files import living
from tests.flows.executors import jobs
from tests.flows.executors.test_feed import Counted
from tests.flows.project import HERE

PATIENCE_S = 60.0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # between two looks; no process tells when it has gone


def test_every_job_is_done_once_by_a_process_that_is_not_ours() -> None:
    answers = list(Processes(2).run(jobs.double, range(20)))
    assert sorted(answers) == [(n, 2 * n) for n in range(20)]
    assert os.getpid() not in {pid for _, pid in Processes(2).run(jobs.process, range(4))}


def test_nothing_to_do_starts_nothing() -> None:
    assert list(Processes(2).run(jobs.double, [])) == []


def test_a_worker_is_replaced_after_so_many_jobs() -> None:
    processes = [pid for _, pid in Processes(1, renewed_after=3).run(jobs.process, range(7))]
    assert len(processes) == 7
    assert [processes.count(pid) for pid in dict.fromkeys(processes)] == [3, 3, 1]


def test_what_crashes_or_hangs_costs_itself_alone() -> None:
    work = [("ok", n) for n in range(8)]
    work[2:2] = [("segfault", 0), ("exit", 0), ("kill", 0), ("hang", 0), ("memory", 0)]
    answers = dict(Processes(2).run(jobs.mischief, work, timeout_s=1))
    assert sorted(answers) == list(range(13))
    assert [answers[n] for n in (0, 1, *range(7, 13))] == list(range(8))
    failed = {work[n][0]: answer for n, answer in answers.items() if isinstance(answer, Failure)}
    assert {name: failure.kind for name, failure in failed.items()} == {
        "segfault": "crashed",
        "exit": "crashed",
        "kill": "out of memory",
        "hang": "timed out",
        "memory": "out of memory",
    }
    assert failed["segfault"].reason == "its process ended with SIGSEGV"
    assert failed["exit"].reason == "its process ended with status 3"
    assert failed["hang"].reason == "it was not done after 1 s"


@pytest.mark.parametrize(("name", "kind"), [("raise", ZeroDivisionError), ("late", TimeoutError)])
def test_what_the_work_raises_is_raised_here(name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"ours|own"):
        list(Processes(1).run(jobs.mischief, [("ok", 1), (name, 2)]))


def test_workers_that_die_as_they_start_end_it() -> None:
    with pytest.raises(SignloopError, match="SIGNLOOP_EXECUTOR=here"):
        list(Processes(1).run(jobs.DiesAsItArrives(), [1, 2, 3]))


def test_jobs_are_read_as_they_are_done_and_workers_end_when_nobody_asks_for_more() -> None:
    million = Counted()
    answers = Processes(2).run(jobs.parent, million)
    assert next(answers)[1] == os.getpid()
    assert million.looked_at <= 6
    pids = {pid for _, pid in zip(range(4), _processes(Processes(2)), strict=False)}
    until(lambda: not any(living(pid) for pid in pids))


def _processes(executor: Processes) -> Iterator[int]:
    for _, pid in executor.run(jobs.process, Counted()):
        yield pid


SCRIPT = """
import signal
from pathlib import Path
from flows.executors.processes import Processes
from tests.flows.executors import jobs
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and hands that on
    list(Processes(2).run(jobs.wait_beside_a_note, [Path({folder!r})] * 9))
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_us(tmp_path: Path, by: signal.Signals) -> None:
    script, notes = tmp_path / "run.py", tmp_path / "notes"
    notes.mkdir()
    script.write_text(SCRIPT.format(folder=str(notes)))
    ours = subprocess.Popen(
        [sys.executable, str(script)], env=os.environ | {"PYTHONPATH": str(HERE)}, stderr=subprocess.DEVNULL
    )
    until(lambda: len(list(notes.iterdir())) == 2)
    pids = [int(note.name) for note in notes.iterdir()]
    ours.send_signal(by)
    assert ours.wait(PATIENCE_S) != 0
    until(lambda: not any(living(pid) for pid in pids))
