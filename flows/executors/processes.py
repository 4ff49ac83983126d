"""Worker processes on this machine, renewed against memory growth; a crash or a hang costs one job.

They are spawned: MediaPipe has threads, and what is forked in their midst may hang. They end with us, also when we are
killed.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from flows.executors import alone
from flows.executors.feed import Feed, Taken
from pipeline.detect.detected import Failure
from pipeline.detect.executor import OUT_OF_MEMORY, TIMEOUT_S
from pipeline.errors import SignloopError

Job = TypeVar("Job")
Result = TypeVar("Result")
AHEAD = 2  # jobs a worker: one at work and one at hand
LOOK_S = 1.0  # between two looks at the pool: what a broken one never handed on would be waited for in vain
MAX_BROKEN = 3  # pools in a row that ended no job


class Processes:
    """Some worker processes, each replaced after `renewed_after` jobs."""

    def __init__(self, workers: int, *, renewed_after: int = 250) -> None:
        self.workers = workers
        self.renewed_after = renewed_after

    def run(
        self, work: Callable[[Job], Result], jobs: Sequence[Job], *, timeout_s: float = TIMEOUT_S
    ) -> Iterator[tuple[int, Result | Failure]]:
        """Yields results as `Executor.run` says.

        Raises: SignloopError when the workers die as they start.
        """
        feed, fruitless = Feed(jobs), 0
        while feed:
            ended = 0
            for answer in self._until_it_breaks(work, feed, timeout_s):
                ended += answer[1] is not alone.NEVER_BEGAN
                yield answer
            fruitless = 0 if ended else fruitless + 1
            if fruitless == MAX_BROKEN:
                raise SignloopError(
                    f"{MAX_BROKEN} times in a row all worker processes died before one job was done. "
                    "Run it with SIGNLOOP_EXECUTOR=here to see why."
                )

    def _until_it_breaks(
        self, work: Callable[[Job], Result], feed: Feed[Job], timeout_s: float
    ) -> Iterator[tuple[int, Result | Failure]]:
        """Does jobs in one pool until none is left or the pool breaks; what was at work then goes back to the feed.

        What came back from a pool has a process to itself.
        """
        pool = ProcessPool(
            self.workers,
            max_tasks=self.renewed_after,
            initializer=_begin,
            initargs=(work,),
            context=multiprocessing.get_context("spawn"),
        )
        at_work: dict[Future[Result], Taken[Job]] = {}
        try:
            while pool.active:
                while taken := feed.take(at_work=len(at_work), room=AHEAD * self.workers):
                    if not taken.alone:
                        at_work[_schedule(pool, work, taken.job, timeout_s)] = taken
                        continue
                    answer = alone.do(work, taken.job, timeout_s)
                    yield taken.number, answer
                    if answer is alone.NEVER_BEGAN:
                        return
                if not at_work:
                    return
                for future in wait(at_work, timeout=LOOK_S, return_when=FIRST_COMPLETED).done:
                    taken = at_work.pop(future)
                    if _whose_is_unclear(future):
                        feed.again(taken)
                    else:
                        yield taken.number, _outcome(future, timeout_s)
            for taken in at_work.values():
                feed.again(taken)
        finally:  # also on Ctrl-C, and when nobody asks for the rest
            pool.stop()
            pool.join()


def _schedule(pool: ProcessPool, work: Callable[[Job], Result], job: Job, timeout_s: float) -> Future[Result]:
    try:
        return pool.schedule(work, args=(job,), timeout=timeout_s)
    except RuntimeError as error:  # the pool broke since the last look
        future: Future[Result] = Future()
        future.set_exception(BrokenProcessPool(str(error)))
        return future


def _whose_is_unclear(future: Future[Any]) -> bool:
    """Says whether something else than the job may have ended its process: the pool, want of memory, the job after it.

    Trap: of a process that dies at its next job, an answer that is still on its way is lost, and its job blamed.
    """
    return isinstance(future.exception(), BrokenProcessPool | ProcessExpired)


def _outcome(future: Future[Result], timeout_s: float) -> Result | Failure:
    error = future.exception()
    if error is None:
        return future.result()
    if hasattr(error, "traceback"):  # pebble's mark of what the work itself raised
        if isinstance(error, MemoryError):
            return OUT_OF_MEMORY
        raise error
    if isinstance(error, TimeoutError):
        return Failure("timed out", f"it was not done after {timeout_s:g} s")
    raise error


def _begin(work: Callable[..., object]) -> None:
    """Prepares a worker; that `work` came along has loaded its module, before the time of a first job runs."""
    alone.end_with_parent()
