"""`signloop retrain` on a real Prefect server: what became of each stage, logs, retries, results, one at a time."""

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.flows.project import STAGES as ALL
from tests.flows.project import undisturbed
from tests.flows.retraining import Scripted, Server, make_scripted, until

DECISION = "artifacts/letters/decision.json"
STAGES = ["extract@letters", "promote@letters", "train@letters"]
HOLD = "touch began; until [ -e go ]; do sleep 0.05; done"
SKIPPED = 75


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return make_scripted(tmp_path_factory.mktemp("retrained") / "project", "letters", "plain_text")


def retrained(project: Scripted, server: Server, *tracks: str, status: int = 0) -> tuple[str, dict[str, Any]]:
    """Runs the flow and returns what was printed, and the run as the server knows it."""
    before = {run["id"] for run in server.runs()}
    said = project.run("signloop", "retrain", *tracks, status=status, **server.environment)
    (run,) = (run for run in server.runs() if run["id"] not in before)
    return said, run


def test_after_dvc_repro_nothing_runs_and_the_lock_stays(project: Scripted, server: Server) -> None:
    project.run("dvc", "repro")
    lock = project.lock_file.read_bytes()
    said, run = retrained(project, server, "letters")
    assert server.tasks(run) == dict.fromkeys(STAGES, "Cached")
    assert project.lock_file.read_bytes() == lock
    assert "letters: 3 cached\nletters: version 3 refused, version 2 in Production" in said
    assert (run["state_name"], run["state"]["message"]) == ("Completed", "letters: 3 cached")


def test_with_outs_and_lock_deleted_the_flow_alone_leaves_the_same_lock(project: Scripted, server: Server) -> None:
    lock = project.lock_file.read_bytes()
    project.remove_outs()
    _, run = retrained(project, server)
    assert project.lock_file.read_bytes() == lock
    both = {f"{step}@{track}": "Restored" for step in ("extract", "train") for track in ("letters", "plain_text")}
    promoted = {"promote@letters": "Completed", "promote@plain_text": "Completed"}
    assert server.tasks(run) == both | promoted


def test_a_track_has_its_decision_and_its_metrics_as_artifacts(project: Scripted, server: Server) -> None:
    _, run = retrained(project, server, "plain_text")
    decision, table = (server.artifacts(f"plain-text-{kind}")[0] for kind in ("decision", "metrics"))
    assert decision["flow_run_id"] == table["flow_run_id"] == run["id"]
    assert "plain_text: version 3 refused" in decision["data"]
    assert "In Production: version 2" in decision["data"]
    assert "- accuracy 0.7 ≥ 0.8: failed" in decision["data"]
    assert '{"metric": "accuracy", "fp32": 0.7}' in table["data"]


def test_a_failure_is_told_in_the_stages_words_and_the_other_track_goes_on(project: Scripted, server: Server) -> None:
    project.step("train", "if [ $1 = letters ]; then echo one; echo 'error: no hand was ever seen' >&2; exit 1; fi")
    said, run = retrained(project, server, status=1)
    words = "train@letters failed (exit status 1): no hand was ever seen"
    assert f"error: {words}\n" in said
    assert words in run["state"]["message"]
    assert run["state_name"] == "Failed"
    tasks = server.tasks(run)
    assert tasks["train@letters"] == "Failed"
    assert tasks["promote@plain_text"] in ("Cached", "Completed")
    assert "promote@letters" not in tasks
    assert Counter(server.log(run))["one"] == 1  # it was not tried again
    project.step("train")


def test_exit_status_75_is_tried_again_and_the_log_has_both(project: Scripted, server: Server) -> None:
    once = "echo try $1; if [ ! -e tried ]; then touch tried; echo 'error: the registry is away' >&2; exit 75; fi"
    project.step("extract", once)
    said, run = retrained(project, server, "letters")
    assert (run["state_name"], server.tasks(run)["extract@letters"]) == ("Completed", "Completed")
    log = Counter(server.log(run))
    assert (log["try letters"], log["error: the registry is away"]) == (2, 1)
    assert said.count("try letters") == 2  # on the terminal too
    project.step("extract")


def test_one_at_a_time_and_the_others_say_who_and_since_when(project: Scripted, server: Server) -> None:
    starts(project, server, 8)


@pytest.mark.slow
def test_fifty_in_the_same_second(project: Scripted, server: Server) -> None:
    starts(project, server, 50)


def starts(project: Scripted, server: Server, count: int) -> None:
    for mark in ("began", "go"):
        (project.root / mark).unlink(missing_ok=True)
    project.step("extract", f"# {count}\n{HOLD}")
    runs = len(server.runs())
    processes = [project.start("signloop", "retrain", "letters", **server.environment) for _ in range(count)]
    until(lambda: sum(process.poll() is not None for process in processes) == count - 1, "all but one have ended")
    until((project.root / "began").exists, "the one is at work")
    (project.root / "go").touch()
    (first,) = (process for process in processes if process.wait(timeout=120) == 0)
    said = [process.communicate()[0] for process in processes if process is not first]
    assert {process.returncode for process in processes if process is not first} == {SKIPPED}
    who = rf"skipped: running since \d\d:\d\d:\d\d by \S+@\S+ \(pid {first.pid}, by hand\)\n"
    assert all(re.fullmatch(who, words) for words in said), Counter(said)
    assert len(server.runs()) == runs + 1
    first.communicate()
    project.step("extract")


def test_the_real_stages_alone_leave_the_lock_that_dvc_repro_left(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also what the registry holds: the second judgement of the same model is the first, word for word."""
    project = undisturbed(tmp_path_factory).twin
    lock, decision = ((project.root / file).read_bytes() for file in ("dvc.lock", DECISION))
    before = len(server.runs())
    project.run("signloop", "retrain", **server.environment)
    shutil.rmtree(project.root / "artifacts")
    (project.root / "dvc.lock").unlink()
    project.run("signloop", "retrain", **server.environment)
    again, first = server.runs()[: len(server.runs()) - before]
    assert server.tasks(first) == {f"{stage}@letters": "Cached" for stage in sorted(ALL)}
    assert server.tasks(again) == {f"{stage}@letters": "Restored" for stage in sorted(ALL)} | {
        "promote@letters": "Completed"
    }
    assert (project.root / "dvc.lock").read_bytes() == lock
    assert (project.root / DECISION).read_bytes() == decision


def test_without_the_server_that_is_named_it_says_so(project: Scripted) -> None:
    said = project.run("signloop", "retrain", status=SKIPPED, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert said.startswith("error: Prefect at http://127.0.0.1:9/api cannot be reached")
    assert "prefect server start" in said


def test_an_unknown_track_is_named_before_prefect_loads(project: Scripted) -> None:
    said = project.run("signloop", "retrain", "signs", status=1, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert said == "error: unknown track 'signs'. params.yaml has: letters, plain_text.\n"


@pytest.mark.slow
def test_with_no_server_at_all_one_runs_for_this_run(project: Scripted, tmp_path: Path) -> None:
    project.run("dvc", "repro")
    said = project.run("signloop", "retrain", "letters", HOME=str(tmp_path))
    assert said.startswith("no Prefect server is named")
    assert "letters: 3 cached\n" in said
    assert (project.state / "prefect" / "prefect.db").exists()
    assert not (tmp_path / ".prefect").exists()
