"""Jobs on a Dask cluster whose scheduler listens somewhere; docs/scale.md says how one is started.

The workers need the same files under the same paths and the same code, which is checked with each job: extractors are
never mixed in one store. A job whose worker dies is tried elsewhere by Dask, as often as
`distributed.scheduler.allowed-failures` says, and then by us once more with nothing beside it.
"""

import hashlib
import platform
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

import pipeline
from flows.executors.feed import Feed, Taken
from pipeline.detect.detected import Failure
from pipeline.detect.executor import OUT_OF_MEMORY, TIMEOUT_S
from pipeline.errors import InputError, TransientError

Job = TypeVar("Job")
Result = TypeVar("Result")
AHEAD = 2  # jobs a thread of the cluster: one at work and one at hand
PATIENCE_S = 60.0  # for a scheduler to answer, and for a first worker to join it
INSTALL = 'python -m pip install "dask>=2026.3" "distributed>=2026.3"'
LOOK_S = 1.0  # between two looks at whether there are workers
MADE_OF = ("mediapipe", "opencv-contrib-python", "av", "numpy")


class Answer(NamedTuple):
    """What comes back from a worker."""

    result: Any
    raised: Exception | None = None
    stuck: str | None = None  # the worker's address, where a job still runs that nobody waits for


class OnDask:
    """The workers of the cluster at `address`, which may come and go."""

    def __init__(self, address: str, *, patience_s: float = PATIENCE_S) -> None:
        self.address = address
        self.patience_s = patience_s
        self.distributed = _distributed()

    def run(
        self, work: Callable[[Job], Result], jobs: Sequence[Job], *, timeout_s: float = TIMEOUT_S
    ) -> Iterator[tuple[int, Result | Failure]]:
        """Yields results as `Executor.run` says.

        Raises: TransientError when the scheduler cannot be reached or is lost, or all workers have left; InputError
        when a worker is made of other code or other packages than we are.
        """
        if not jobs:
            return
        client = self._client()
        try:
            yield from self._on(client, work, Feed(jobs), timeout_s)
        except CancelledError as error:
            raise TransientError(
                f"the Dask scheduler at {self.address} was lost: {error}. What is finished is kept; run it again."
            ) from error
        finally:
            client.close()

    def _on(
        self, client: Any, work: Callable[[Job], Result], feed: Feed[Job], timeout_s: float
    ) -> Iterator[tuple[int, Result | Failure]]:
        at_work: dict[Any, Taken[Job]] = {}
        run, patience = uuid.uuid4().hex, _Patience(client, self.address, self.patience_s)
        while feed or at_work:
            room = max(1, AHEAD * sum(client.nthreads().values()))
            while taken := feed.take(at_work=len(at_work), room=room):
                key = f"signloop-{run}-{taken.number}{'-alone' * taken.alone}"
                future = client.submit(_answer, work, taken.job, timeout_s, made_of(), key=key, pure=False)
                at_work[future] = taken
            for future in self._first_done(list(at_work), patience):
                try:
                    answer = future.result(timeout=LOOK_S)  # `gather` would wait for ever for what left with its worker
                except TimeoutError:
                    patience.look()
                    continue  # it is still at work: Dask has it done once more
                except self.distributed.KilledWorker as error:
                    taken = at_work.pop(future)
                    if taken.alone:
                        yield taken.number, _killed(error)
                    else:
                        feed.again(taken)
                    continue
                if answer.stuck:
                    self._restart(client, answer.stuck)
                yield at_work.pop(future).number, _unpacked(answer)

    def _first_done(self, at_work: list[Any], patience: "_Patience") -> set[Any]:
        """Waits for a job, and no longer than our patience where no worker is left to do one."""
        while True:
            try:
                return self.distributed.wait(at_work, timeout=LOOK_S, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                patience.look()

    def _client(self) -> Any:
        try:
            client = self.distributed.Client(self.address, timeout=self.patience_s)
        except (OSError, TimeoutError, ValueError) as error:
            raise TransientError(
                f"no Dask scheduler answered at {self.address} in {self.patience_s:g} s. "
                "Start one with `dask scheduler --no-dashboard`, or set SIGNLOOP_EXECUTOR=processes."
            ) from error
        try:
            client.wait_for_workers(1, timeout=self.patience_s)
        except TimeoutError:
            client.close()
            raise TransientError(
                f"no worker joined the Dask scheduler at {self.address} in {self.patience_s:g} s. "
                f"Start some with `dask worker {self.address} --nthreads 1 --no-dashboard`."
            ) from None
        return client

    def _restart(self, client: Any, worker: str) -> None:
        """Has a worker's nanny end and replace it; one without a nanny keeps a thread that nobody waits for."""
        try:
            client.restart_workers([worker], raise_for_error=False)
        except ValueError as error:  # no nanny, or the worker has left meanwhile
            import logging

            logging.getLogger("signloop").warning("%s hangs in a job and was not restarted: %s", worker, error)


class _Patience:
    """With a cluster that has no worker, for so many seconds of waiting."""

    def __init__(self, client: Any, address: str, seconds: float) -> None:
        self._client, self._address, self._seconds = client, address, seconds
        self._alone_s = 0.0

    def look(self) -> None:
        """Counts one more wait in vain.

        Raises: TransientError when there was no worker for too long.
        """
        self._alone_s = 0.0 if self._client.nthreads() else self._alone_s + LOOK_S
        if self._alone_s >= self._seconds:
            raise TransientError(
                f"no worker is left at the Dask scheduler {self._address} since {self._alone_s:g} s. What is finished "
                "is kept; start workers and run it again."
            )


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise InputError(
            f"SIGNLOOP_EXECUTOR names a Dask cluster, and Dask cannot be imported ({error}). Install it: {INSTALL}"
        ) from None


@cache
def made_of() -> dict[str, str]:
    """Names the versions and the code that a result depends on."""
    folder = Path(pipeline.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder).as_posix()}:".encode() + file.read_bytes())
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: metadata.version(name) for name in MADE_OF},
        "pipeline": digest.hexdigest()[:16],
    }


def _answer(work: Callable[[Job], Result], job: Job, timeout_s: float, expected: dict[str, str]) -> Answer:
    """Does a job on a worker, in a thread that can be left behind: Dask cannot end what runs."""
    import distributed

    address = distributed.get_worker().address
    if other := {name: got for name, got in made_of().items() if got != expected.get(name)}:
        told = ", ".join(f"{name}: expected {expected.get(name)}, got {got}" for name, got in other.items())
        return Answer(
            None, InputError(f"Dask worker {address} is not made as we are: {told}. Install there what is here.")
        )
    answers: SimpleQueue[Answer] = SimpleQueue()

    def do() -> None:
        try:
            answers.put(Answer(work(job)))
        except Exception as error:  # whatever it is, it is raised where the results are read
            answers.put(Answer(None, error))

    threading.Thread(target=do, daemon=True).start()
    try:
        return answers.get(timeout=timeout_s)
    except Empty:
        return Answer(Failure("timed out", f"it was not done after {timeout_s:g} s"), stuck=address)


def _unpacked(answer: Answer) -> Any:
    if isinstance(answer.raised, MemoryError):
        return OUT_OF_MEMORY
    if answer.raised:
        raise answer.raised
    return answer.result


def _killed(error: Any) -> Failure:
    times = error.allowed_failures + 1
    return Failure("crashed", f"{2 * times} workers died while it was at work, the last at {error.last_worker.address}")
