"""Servers that are started together and end together: real processes with children, real ports, real kills."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from flows import services, up
from flows.holders import holder
from pipeline.errors import InputError
from tests.flows.project import HERE
from tests.flows.upping import service

PATIENCE_S = 120.0


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Started:
    """The command at work, the lines that it has said, and the processes that it told of."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        command = [sys.executable, "-m", "tests.flows.upping", *map(str, ports)]
        self.process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.lines: list[str] = []

    def until_ready(self) -> "Started":
        assert self.process.stdout is not None
        while sum(line.startswith("ready:") for line in self.lines) < len(self.ports):
            line = self.process.stdout.readline()
            assert line, self.lines
            self.lines.append(line.rstrip())
        return self

    @property
    def pids(self) -> list[int]:
        return [int(line.split()[-1]) for line in self.lines if "| child" in line or "| listens" in line]

    def rest(self) -> list[str]:
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        return said.splitlines()


def gone(pids: list[int]) -> bool:
    """Whether all of them are gone, now or soon; init, or who stands in for it, takes in what is left of them."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if not any(_lives(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _lives(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def started() -> Iterator[Started]:
    made = Started(free_ports(2)).until_ready()
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_leaves_nothing(started: Started, number: int):
    first, second = started.ports
    assert sorted(line for line in started.lines if "ready:" in line) == sorted(
        f"ready: page http://127.0.0.1:{port}/page" for port in (first, second)
    )
    assert len(started.pids) == 4
    assert all(_lives(pid) for pid in started.pids)
    started.process.send_signal(number)
    assert "stopping" in started.rest()
    assert started.process.returncode == 0
    assert gone(started.pids)


def test_a_line_says_whose_it_is(started: Started):
    for port in started.ports:
        assert any(line.startswith(f"s{port}") and "| listens" in line for line in started.lines)


def test_where_one_ends_all_end_and_it_is_named(started: Started):
    port = started.ports[0]
    with pytest.raises(OSError, match="closed connection"):
        urlopen(f"http://127.0.0.1:{port}/end", timeout=PATIENCE_S)
    assert f"error: s{port} ended with status 3, so all are stopped. Read above." in started.rest()
    assert started.process.returncode == 1
    assert gone(started.pids)


def test_killed_it_leaves_nothing_either(started: Started):
    os.kill(started.process.pid, signal.SIGKILL)
    assert gone(started.pids)


def test_a_port_that_is_taken_is_said_before_anything_starts():
    port = free_ports(1)[0]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(InputError, match=f"s{port}: port {port} is taken by .*pid {os.getpid()}.*--port PORT"):
            up.run([service(port)], say=print)
        assert f"pid {os.getpid()}" in holder(port)
    assert holder(port) == ""


def test_telemetry_is_off_and_state_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("PREFECT_API_URL", "PREFECT_HOME", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    state = str(tmp_path / ".signloop")
    prefect, evidently = services.prefect(4201), services.evidently(8001)
    assert prefect is not None
    assert prefect.environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert prefect.environment["PREFECT_HOME"].startswith(state)
    assert evidently.environment["DO_NOT_TRACK"] == "1"
    assert any(word.startswith(state) for word in evidently.command)
    for made in (prefect, evidently, services.serve(8081)):
        assert made.command[made.command.index("--host") + 1] == "127.0.0.1"
        assert made.command[made.command.index("--port") + 1] == str(made.port)


def test_a_server_that_runs_elsewhere_is_not_started_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect:4200/api")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert services.prefect(4201) is None
    assert services.mlflow(5001) is None
