"""Two schedulers and three people who start `retrain` in the same second: one run, and the others say who has it."""

import signal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.flows.retraining import Scripted, Server, make_scripted, power_cut, until
from tests.flows.scheduling import deployment, scheduled

pytestmark = pytest.mark.slow

ROUNDS = 10
PEOPLE = 3
SCHEDULERS = ("letters", "plain_text")
YEARLY = "0 0 1 1 *"
ENDED = ("COMPLETED", "CANCELLED", "FAILED", "CRASHED")
HOLD = "echo {} >> ran; until [ -e go ]; do sleep 0.05; done"
SKIPPED = 75
BUSY = 503  # SQLite's lock was held too long: Prefect's own client asks again too


@pytest.fixture
def project(tmp_path: Path) -> Scripted:
    """Has a name of its own: deployments are called after it, and the server keeps those of other tests."""
    return make_scripted(tmp_path / f"{tmp_path.name}, ü", *SCHEDULERS, cron=YEARLY)


def due(server: Server, made: dict[str, Any]) -> str:
    """Has a run come due at this moment, as the server's scheduler does, and returns its id."""

    def made_run() -> dict[str, Any] | None:
        try:
            return server.ask(f"deployments/{made['id']}/create_flow_run", state={"type": "SCHEDULED"})
        except HTTPError as error:
            if error.code != BUSY:
                raise
            return None

    return until(made_run, "the server makes a run")["id"]


def state(server: Server, run: str) -> dict[str, Any]:
    return server.read(f"flow_runs/{run}")["state"]


def ran(project: Scripted) -> list[str]:
    file = project.root / "ran"
    return file.read_text().split() if file.exists() else []


def test_ten_times_one_run_each_time(project: Scripted, server: Server) -> None:
    with scheduled(project, server, SCHEDULERS[0]), scheduled(project, server, SCHEDULERS[1]):
        made = [deployment(server, f"{project.root.name}-{track}") for track in SCHEDULERS]
        for number in range(ROUNDS):
            one_round(project, server, made, number)
    assert ran(project) == [str(number) for number in range(ROUNDS)]


def one_round(project: Scripted, server: Server, made: list[dict[str, Any]], number: int) -> None:
    """Starts all five, and lets the one at work go on when the others have ended."""
    (project.root / "go").unlink(missing_ok=True)
    project.step("extract", HOLD.format(number))
    people = [project.start("signloop", "retrain", "letters", **server.environment) for _ in range(PEOPLE)]
    runs = [due(server, one) for one in made]

    def ended() -> int:
        done = [state(server, run)["type"] in ENDED for run in runs]
        return sum(done) + sum(person.poll() is not None for person in people)

    until(lambda: ended() == len(people) + len(runs) - 1, f"round {number}: all but one have ended")
    until(lambda: ran(project)[-1:] == [str(number)], "the one is at work")
    (project.root / "go").touch()
    said = [person.communicate()[0] for person in people]
    until(lambda: ended() == len(people) + len(runs), "the one has ended")
    states = [state(server, run) for run in runs]
    outcomes = [person.returncode for person in people] + [one["name"] for one in states]
    assert sorted(map(str, outcomes), key=str) in (
        sorted(["0", *[str(SKIPPED)] * (PEOPLE - 1), "Skipped", "Skipped"]),
        sorted([*[str(SKIPPED)] * PEOPLE, "Completed", "Skipped"]),
    ), (outcomes, said)
    skipped = [one["message"] for one in states if one["name"] == "Skipped"]
    skipped += [words for words, person in zip(said, people, strict=True) if person.returncode]
    assert all("skipped: running since " in words for words in skipped), skipped


def test_kill_9_of_who_is_at_work_frees_the_turn(project: Scripted, server: Server) -> None:
    """A person's run and then a scheduler's, with all that works for it; the next one, by hand, has the turn."""
    project.step("extract", HOLD.format("first"))
    person = project.start("signloop", "retrain", "letters", **server.environment)
    until(lambda: ran(project) == ["first"], "the first is at work")
    person.send_signal(signal.SIGKILL)
    person.communicate()
    with scheduled(project, server, "letters") as scheduler:
        made = deployment(server, f"{project.root.name}-letters")
        project.step("extract", HOLD.format("second"))
        due(server, made)
        until(lambda: ran(project) == ["first", "second"], "the second is at work")
        power_cut(scheduler)
    project.step("extract", "echo third >> ran")
    said = project.run("signloop", "retrain", "letters", **server.environment)
    assert "letters: 3 completed" in said
    assert ran(project) == ["first", "second", "third"]
