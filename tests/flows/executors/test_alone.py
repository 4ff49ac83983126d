"""A job in a process of its own: how it ended is told of it, and of nothing else."""

import pytest

from flows.executors import alone
from pipeline.detect.detected import Failure
from tests.flows.executors import jobs


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("segfault", "crashed", "its process ended with SIGSEGV"),
        ("exit", "crashed", "its process ended with status 3"),
        ("kill", "out of memory", "its process was killed (SIGKILL), as the kernel does where memory runs out"),
        ("hang", "timed out", "it was not done after 1 s"),
        ("memory", "out of memory", "there was not enough memory for it"),
    ],
)
def test_a_failure_says_what_it_was(name: str, kind: str, reason: str) -> None:
    assert alone.do(jobs.mischief, (name, 0), 1) == Failure(kind, reason)


def test_an_answer_comes_back_and_a_fault_of_ours_is_raised() -> None:
    assert alone.do(jobs.double, 4, 60) == 8
    with pytest.raises(ZeroDivisionError, match="ours"):
        alone.do(jobs.mischief, ("raise", 0), 60)


def test_a_process_that_does_not_live_to_begin() -> None:
    assert alone.do(jobs.DiesAsItArrives(), 1, 60) is alone.NEVER_BEGAN
