"""`signloop schedule` on a real Prefect server, until a run that the server itself created has run to its end."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flows import turn
from tests.flows.retraining import Scripted, Server, make_scripted, until
from tests.flows.scheduling import deployment, runs, scheduled

pytestmark = pytest.mark.slow

SOON = "* * * * * */5"  # the sixth field is the second
NEVER = "0 0 31 2 *"


@pytest.fixture
def project(tmp_path: Path) -> Scripted:
    return make_scripted(tmp_path / "a project, ü", cron=SOON, timezone="Europe/Berlin")


def test_a_scheduled_run_runs_to_its_end_and_a_second_one_at_a_time_is_skipped(
    project: Scripted, server: Server
) -> None:
    """The server creates the runs; the working folder of the one who serves is not the project's."""
    with scheduled(project, server):
        made = deployment(server, "a project, ü")
        assert made["global_concurrency_limit"] is None  # after a power cut it would never let go
        assert made["schedules"][0]["schedule"]["cron"] == SOON
        run = until(lambda: runs(server, made, "Completed"), "a scheduled run has ended")[-1]
        assert run["auto_scheduled"]
        assert run["state"]["message"] == "letters: 3 completed"
        assert server.tasks(run) == dict.fromkeys(["extract@letters", "promote@letters", "train@letters"], "Completed")
        with ExitStack() as held:
            until(lambda: took(project, "a test", held), "no scheduled run is at work")
            message = until(lambda: skipped(server, made, "a test)"), "a run is skipped")[-1]
        assert message.startswith("skipped: running since ")


def took(project: Scripted, cause: str, held: ExitStack) -> bool:
    """Takes the turn for as long as `held` is open; on a slow machine a run of five seconds ago still has it."""
    try:
        held.enter_context(turn.take(project.state, cause))
    except turn.BusyError:
        return False
    return True


def skipped(server: Server, made: dict[str, Any], by: str) -> list[str]:
    """Returns what those were told who found the turn taken by one: they may have been skipped for each other, too."""
    messages = [run["state"]["message"] for run in runs(server, made, "Skipped")]
    return [message for message in messages if message.endswith(by)]


def test_who_serves_may_be_restarted_and_pause_stops_the_schedule(project: Scripted, server: Server) -> None:
    with scheduled(project, server, "letters"):
        first = deployment(server, "a project, ü-letters")
    with scheduled(project, server, "letters") as process:
        until(lambda: runs(server, first, "Completed"), "a scheduled run has ended")
        process.kill()
    said = project.run("signloop", "schedule", "letters", "--pause", **server.environment)
    assert "'retrain/a project, ü-letters' and 'watch/a project, ü-letters' are paused" in said
    again = deployment(server, "a project, ü-letters")
    assert (again["id"], again["paused"]) == (first["id"], True)


def test_what_was_never_scheduled_cannot_be_paused(project: Scripted, server: Server) -> None:
    moved = Scripted(project.root.rename(project.root.with_name("another")))
    said = moved.run("signloop", "schedule", "--pause", status=1, **server.environment)
    assert said.startswith("error: 'retrain/another' is not on this server")


def test_without_a_server_the_commands_that_start_one_are_named(project: Scripted) -> None:
    said = project.run("signloop", "schedule", status=1)
    assert said.startswith("error: a schedule needs a Prefect server, and PREFECT_API_URL names none.")
    assert "  prefect server start\n  export PREFECT_API_URL=" in said


def test_a_day_that_never_comes_is_said(project: Scripted, server: Server) -> None:
    project.set("retrain.cron", NEVER)
    said = project.run("signloop", "schedule", status=1, **server.environment)
    assert f"retrain.cron: '{NEVER}' is never due" in said
