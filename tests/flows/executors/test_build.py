"""The line of text that names an executor."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flows.executors import build, cores
from flows.executors.dask import INSTALL, OnDask
from flows.executors.processes import Processes
from pipeline.detect.detected import Failure
from pipeline.detect.executor import InThisProcess
from pipeline.errors import InputError
from tests.flows.executors import jobs
from tests.flows.project import HERE


def test_each_name_builds_its_executor() -> None:
    assert isinstance(build("here"), InThisProcess)
    built = build("processes"), build("processes:4")
    assert [e.workers for e in built if isinstance(e, Processes)] == [cores(), 4]
    cluster = build("dask:tcp://10.0.0.5:8786")
    assert isinstance(cluster, OnDask)
    assert cluster.address == "tcp://10.0.0.5:8786"


@pytest.mark.parametrize("spec", ["", "threads", "processes:0", "processes:many", "dask", "dask:", "here:2"])
def test_another_name_is_refused_with_the_valid_ones(spec: str) -> None:
    with pytest.raises(InputError, match=f"SIGNLOOP_EXECUTOR '{spec}': expected `processes`"):
        build(spec)


def test_in_this_process_a_want_of_memory_is_the_jobs() -> None:
    answers = list(InThisProcess().run(jobs.mischief, [("ok", 1), ("memory", 2), ("ok", 3)]))
    assert [number for number, _ in answers] == [0, 1, 2]
    assert [answer.kind if isinstance(answer, Failure) else answer for _, answer in answers] == [1, "out of memory", 3]


def test_without_dask_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as Python itself marks what cannot be imported
    with pytest.raises(InputError, match="Dask cannot be imported") as caught:
        build("dask:tcp://10.0.0.5:8786")
    assert INSTALL in str(caught.value)
    wanted = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dask"]
    assert INSTALL.removeprefix("python -m pip install ").replace('"', "").split() == wanted


def test_neither_pebble_nor_dask_is_imported_by_another_executor() -> None:
    script = (
        "import sys; from flows.executors import build; build('here'); print({*'pebble dask'.split()} & {*sys.modules})"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(HERE))
    assert said.stdout == "set()\n"
