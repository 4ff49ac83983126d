"""A retraining that is asked for, by an event or by hand, and a look that is due; on a real Prefect server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.receiving import SECRET, receiver
from tests.flows.retraining import Scripted, Server, make_scripted, until
from tests.flows.scheduling import deployment, runs, scheduled, trigger

pytestmark = pytest.mark.slow

YEARLY = "0 0 1 1 *"
ASK = """
import pathlib, sys
from flows.watch import ask
from monitoring.policy import Verdict
said = Verdict(action="retrain", cause="people", reasons=("hands are smaller", "ü {{ 1 }}"))
ask(pathlib.Path.cwd(), sys.argv[1], said)
"""


@pytest.fixture
def project(tmp_path: Path) -> Scripted:
    return make_scripted(tmp_path / "asked project, ü", "letters", "plain_text", cron=YEARLY)


def ended(server: Server, made: dict[str, Any], *states: str) -> dict[str, Any]:
    return until(lambda: runs(server, made, *states), f"a run has ended as {states}")[0]


def test_an_event_retrains_its_track_alone_and_who_wants_to_know_is_told(project: Scripted, server: Server) -> None:
    with receiver() as told, scheduled(project, server, SIGNLOOP_NOTIFY=told.address):
        made = deployment(server, project.root.name)
        trigger(server, made)
        project.run("python", "-c", ASK, "letters", **server.environment)
        run = ended(server, made, "Completed", "Failed")
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "letters: 3 completed")
        assert not run["auto_scheduled"]
        asked = {"tracks": ["letters"], "cause": "drift", "reasons": ["hands are smaller", "ü {{ 1 }}"]}
        assert run["parameters"] == asked | {"root": str(project.root)}
        assert told.titles() == ["letters: version 3 refused, version 2 in Production"]
        log = until(lambda: [line for line in server.log(run) if "hands" in line], "the log says why")
        assert log == ["drift: hands are smaller; ü {{ 1 }}"]
    assert not any(SECRET in line for line in server.log(run))
    assert not list((project.state / "causes").glob("*"))  # the run has ended well: the next one has its own cause


def test_by_hand_with_parameters_and_a_failure_is_told(project: Scripted, server: Server) -> None:
    project.step("train", "echo 'error: no hand was ever seen' >&2; exit 1")
    with receiver() as told, scheduled(project, server, SIGNLOOP_NOTIFY=told.address):
        made = deployment(server, project.root.name)
        chosen = ["tracks=" + json.dumps(["plain_text"]), "cause=" + json.dumps("a new camera")]
        named = [word for one in chosen for word in ("--param", one)]
        project.run("prefect", "deployment", "run", f"retrain/{project.root.name}", *named, **server.environment)
        run = ended(server, made, "Completed", "Failed")
        words = "train@plain_text failed (exit status 1): no hand was ever seen"
        assert words in run["state"]["message"]
        until(told.titles, "the failure is told")
    assert told.titles() == ["retrain failed"]
    assert words in told.notes[0]["message"]
    cause = json.loads((project.state / "causes" / "plain_text.json").read_text())
    assert cause["what"] == "a new camera"  # it stands until a run has ended well


def test_a_look_is_due_at_its_interval_and_a_receiver_that_is_away_fails_no_run(
    project: Scripted, server: Server
) -> None:
    project.set("watch.interval_s", 10)
    away = {"SIGNLOOP_NOTIFY": f"json://127.0.0.1:9/{SECRET}"}
    with scheduled(project, server, "letters", **away):
        name = f"{project.root.name}-letters"
        look = ended(server, deployment(server, name, "watch"), "Completed", "Failed")
        assert (look["state_name"], look["state"]["message"]) == ("Completed", "letters: skipped")
        assert look["auto_scheduled"]
        made = deployment(server, name)
        trigger(server, made)
        project.run("python", "-c", ASK, "letters", **server.environment)
        run = ended(server, made, "Completed", "Failed")
        assert run["state_name"] == "Completed"
        log = until(lambda: [line for line in server.log(run) if "not told" in line], "the log says who is away")
    assert log == [
        "'letters: version 3 refused, version 2 in Production' was not told: "
        "address 1 of 1 in SIGNLOOP_NOTIFY (JSON) did not take it"
    ]


def test_a_server_that_is_away_takes_no_wish(project: Scripted) -> None:
    said = project.run("python", "-c", ASK, "letters", status=1, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert "TransientError: letters: Prefect's server did not take the wish to retrain" in said
