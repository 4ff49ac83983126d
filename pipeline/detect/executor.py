"""How many jobs are worked at once, and where: what the command line builds and the sources use.

An executor does one job after another in this process, in processes of its own, or on a cluster; a job that takes its
process down, or hangs, costs that job alone.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from pipeline.detect.detected import Failure

Job = TypeVar("Job")
Result = TypeVar("Result")
TIMEOUT_S = 600.0


class Executor(Protocol):
    """Runs jobs; `work` is a function at the top of a module, jobs and results travel between processes."""

    def run(
        self, work: Callable[[Job], Result], jobs: Sequence[Job], *, timeout_s: float = TIMEOUT_S
    ) -> Iterator[tuple[int, Result | Failure]]:
        """Yields each job's number and result as it ends, in whatever order; a job may take `timeout_s`.

        A job that crashed its process or hung yields a Failure of kind "crashed", "timed out" or "out of memory"; what
        else `work` raises is raised here: it is a fault of the code, not of a file.
        """
        ...


class InThisProcess:
    """One job after the other, without another process or a limit of time: for tests, and to debug."""

    def run(
        self, work: Callable[[Job], Result], jobs: Sequence[Job], *, timeout_s: float = TIMEOUT_S
    ) -> Iterator[tuple[int, Result | Failure]]:
        for number, job in enumerate(jobs):
            try:
                result = work(job)
            except MemoryError:
                yield number, OUT_OF_MEMORY
            else:
                yield number, result


OUT_OF_MEMORY = Failure("out of memory", "there was not enough memory for it")
