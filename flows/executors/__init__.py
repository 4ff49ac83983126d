"""Where jobs are worked: the executors that SIGNLOOP_EXECUTOR may name, each a file."""

import os
import re

from pipeline.detect.executor import Executor, InThisProcess
from pipeline.errors import InputError


def build(spec: str) -> Executor:
    """Returns the executor that a line of text names: `processes`, `processes:4`, `here` or `dask:tcp://host:8786`.

    Raises: InputError with the valid forms.
    """
    name, _, argument = spec.partition(":")
    if spec == "here":
        return InThisProcess()
    if name == "processes" and re.fullmatch(r"|[1-9]\d{0,3}", argument):
        from flows.executors.processes import Processes

        return Processes(int(argument or cores()))
    if name == "dask" and argument:
        from flows.executors.dask import OnDask

        return OnDask(argument)
    raise InputError(
        f"SIGNLOOP_EXECUTOR '{spec}': expected `processes` (one a core), `processes:4`, `here` (this process alone) "
        "or `dask:tcp://HOST:8786` (the address of a Dask scheduler)."
    )


def cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
