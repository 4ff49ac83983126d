"""Retraining by itself where Prefect's server is restarted in mid-run, where all is killed, and where nobody served."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from flows import environment
from tests.flows.retraining import Scripted, Server, make_scripted, power_cut, until
from tests.flows.scheduling import SECOND, deployment, runs
from tests.flows.test_at_once import HOLD, YEARLY, due, ran, state
from tests.ports import free_port

pytestmark = pytest.mark.slow

SOON = "* * * * * */5"


class Machine:
    """A Prefect server and a scheduler, that can be killed and started again where they were."""

    def __init__(self, project: Scripted, home: Path) -> None:
        self._port = str(free_port())
        home.mkdir()
        self._project = project
        self.server = Server(f"http://127.0.0.1:{self._port}/api", home)
        self._running: list[subprocess.Popen[str]] = []

    def start_server(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", self._port]
        own = os.environ | environment.SILENT | {"PREFECT_HOME": str(self.server.home)}
        with (self.server.home / "server.log").open("a") as log:
            process = subprocess.Popen(command, env=own, stdout=log, stderr=log, text=True, start_new_session=True)
        self._running.append(process)
        until(lambda: answers(f"{self.server.url}/health"), "the server answers")
        return process

    def start_scheduler(self) -> "subprocess.Popen[str]":
        log = (self.server.home / "scheduler.log").open("a")
        command = ["signloop", "schedule"]
        process = self._project.start(*command, stdout=log, **self.server.environment, **SECOND)
        log.close()
        self._running.append(process)
        return process

    def kill(self, *processes: "subprocess.Popen[str]") -> None:
        """Ends processes, none named: all."""
        power_cut(*(processes or self._running))


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


@pytest.fixture
def project(tmp_path: Path) -> Scripted:
    return make_scripted(tmp_path / f"{tmp_path.name}, ü", cron=YEARLY)


@pytest.fixture
def machine(project: Scripted, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(project, tmp_path / "prefect")
    yield made
    made.kill()


def test_a_run_goes_on_where_the_server_is_restarted_under_it(project: Scripted, machine: Machine) -> None:
    server, first = machine.server, machine.start_server()
    machine.start_scheduler()
    made = deployment(server, project.root.name)
    project.step("extract", HOLD.format("one"))
    run = due(server, made)
    until(lambda: ran(project) == ["one"], "the run is at work")
    machine.kill(first)
    machine.start_server()
    (project.root / "go").touch()
    until(lambda: state(server, run)["name"] == "Completed", "the run has ended")
    assert state(server, run)["message"] == "letters: 3 completed"
    again = due(server, made)
    until(lambda: state(server, again)["name"] == "Completed", "the next run has ended")


def test_after_a_reboot_the_next_run_does_the_work(project: Scripted, machine: Machine) -> None:
    server = machine.server
    machine.start_server()
    machine.start_scheduler()
    made = deployment(server, project.root.name)
    project.step("extract", HOLD.format("one"))
    due(server, made)
    until(lambda: ran(project) == ["one"], "the run is at work")
    machine.kill()
    project.step("extract", "echo two >> ran")
    machine.start_server()
    machine.start_scheduler()
    until(lambda: server.read(f"deployments/{made['id']}")["status"] == "READY", "the scheduler is back")
    run = due(server, made)
    until(lambda: state(server, run)["name"] in ("Completed", "Skipped", "Cancelled", "Failed"), "a run has ended")
    assert state(server, run)["message"] == "letters: 3 completed"
    assert ran(project) == ["one", "two"]


def test_what_came_due_while_nobody_served_runs_when_somebody_does(project: Scripted, machine: Machine) -> None:
    project.set("retrain.cron", SOON)
    server = machine.server
    machine.start_server()
    scheduler = machine.start_scheduler()
    made = deployment(server, project.root.name)
    until(lambda: runs(server, made, "Completed"), "a scheduled run has ended")
    machine.kill(scheduler)
    late = until(lambda: runs(server, made, "Late"), "a run is late")[-1]
    machine.start_scheduler()
    until(lambda: state(server, late["id"])["type"] in ("COMPLETED", "CANCELLED"), "the late one was seen to")
    before = {run["id"] for run in runs(server, made, "Completed")}
    until(lambda: {run["id"] for run in runs(server, made, "Completed")} - before, "they go on")
