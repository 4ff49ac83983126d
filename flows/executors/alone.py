"""A job in a process of its own: what ended the process is what the job did.

Trap: a pool may notice a death before it has heard which job had begun. Then it breaks, and the exit status is lost.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

from pipeline.detect.detected import Failure
from pipeline.detect.executor import OUT_OF_MEMORY

Job = TypeVar("Job")
Result = TypeVar("Result")
NEVER_BEGAN = Failure("crashed", "the worker processes died while it was at work, twice")


def do(work: Callable[[Job], Result], job: Job, timeout_s: float) -> Result | Failure:
    """Returns what came of it; NEVER_BEGAN where the process did not live to begin. Raises what the work raised."""
    context, began = multiprocessing.get_context("spawn"), False
    told, tell = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, job, tell))
    try:
        process.start()
        tell.close()  # so that it ends with the one who tells
        began = told.recv()
        if not told.poll(timeout_s):
            return Failure("timed out", f"it was not done after {timeout_s:g} s")
        result, error = told.recv()
    except (EOFError, OSError):
        return _died(process) if began else NEVER_BEGAN
    finally:  # also on Ctrl-C
        if process.pid is not None:
            process.kill()
            process.join()
        told.close()
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if error is not None:
        raise error
    return result


def end_with_parent() -> None:
    """Has this process end when the one that started it has, also by a kill."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _answer(work: Callable[[Job], Result], job: Job, tell: Connection) -> None:
    end_with_parent()
    tell.send(True)  # it has loaded its module: the time of the job runs from here
    try:
        answer = work(job), None
    except Exception as error:  # raised again where it was asked for
        answer = None, error
    tell.send(answer)


def _died(process: BaseProcess) -> Failure:
    process.join()
    code = process.exitcode or 0
    if code == -signal.SIGKILL:
        return Failure("out of memory", "its process was killed (SIGKILL), as the kernel does where memory runs out")
    how = signal.Signals(-code).name if -code in set(signal.Signals) else f"status {code}"
    return Failure("crashed", f"its process ended with {how}")
