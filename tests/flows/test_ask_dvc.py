"""What DVC is asked, in its own process, without Prefect: outcomes, lines, exit statuses, and what a kill leaves."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import turn
from flows.ask_dvc import AskDvc, StageError
from flows.checks.dvc import living
from tests.flows.retraining import Scripted, make_scripted, until

HOLDS = """
import sys, pathlib
from flows import turn
from flows.ask_dvc import AskDvc
root = pathlib.Path.cwd()
with turn.take(root / ".signloop", "by hand") as lock, AskDvc(root, lock) as dvc:
    dvc.reproduce("extract@letters", say=print, patience_s=0)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return make_scripted(tmp_path_factory.mktemp("asked") / "project", "letters", "plain")


@pytest.fixture
def dvc(project: Scripted) -> Iterator[AskDvc]:
    with turn.take(project.state, "a test") as lock, AskDvc(project.root, lock) as dvc:
        yield dvc


def test_the_plan_is_dvcs_own_order(project: Scripted, dvc: AskDvc) -> None:
    plan = dvc.plan(["letters", "plain"])
    assert [p.name for p in plan] == project.repro()
    needs = {p.name: p.needs for p in plan}
    assert needs["train@letters"] == ("extract@letters",)
    assert [p.name for p in dvc.plan(["plain"])] == ["extract@plain", "train@plain", "promote@plain"]
    assert {p.track for p in dvc.plan(["plain"])} == {"plain"}


def test_what_ran_was_restored_or_was_cached_is_told_apart(project: Scripted, dvc: AskDvc) -> None:
    def outcomes() -> list[str]:
        return [dvc.reproduce(p.name, say=lambda line: None, patience_s=0) for p in dvc.plan(["letters"])]

    project.remove_outs(".dvc/cache")
    assert outcomes() == ["ran", "ran", "ran"]
    lock = project.lock_file.read_bytes()
    assert outcomes() == ["cached", "cached", "cached"]
    project.remove_outs()
    assert outcomes() == ["restored", "restored", "ran"]  # DVC never restores what has an out that is not cached
    assert project.lock_file.read_bytes() == lock


def test_every_line_is_passed_on_whole_and_in_order(project: Scripted, dvc: AskDvc) -> None:
    project.step("extract", "echo one; echo two >&2; printf 'half\\r50%%\\rthree\\n'; printf 'no end of line'")
    said: list[str] = []
    assert dvc.reproduce("extract@plain", say=said.append, patience_s=0) == "ran"
    assert said == ["one", "two", "three", "no end of line"]


@pytest.mark.parametrize(
    ("script", "words", "status", "transient"),
    [
        ("echo before; echo 'error: no hand was ever seen' >&2; exit 1", "no hand was ever seen", 1, False),
        ("echo 'error: the registry is away' >&2; exit 75", "the registry is away", 75, True),
        ("no-such-command", "no-such-command", 127, False),
    ],
)
def test_a_failed_stage_says_so_in_its_own_words(
    project: Scripted, dvc: AskDvc, script: str, words: str, status: int, transient: bool
) -> None:
    project.step("extract", f"{script}\nexit $?")
    with pytest.raises(StageError, match=words) as caught:
        dvc.reproduce("extract@letters", say=lambda line: None, patience_s=0)
    assert (caught.value.status, caught.value.transient) == (status, transient)
    assert str(caught.value).startswith(f"extract@letters failed (exit status {status}): ")


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_killed_stage_names_the_signal_whatever_shell_ran_it(
    project: Scripted, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("SHELL", shell)  # DVC's own choice; one shell steps aside for the stage, another waits for it
    project.step("extract", "kill -9 $$\nexit $?")
    with (
        Path(os.devnull).open() as lock,
        AskDvc(project.root, lock.fileno()) as dvc,
        pytest.raises(StageError, match=r"^extract@letters failed \(exit status 137, SIGKILL\): ") as caught,
    ):
        dvc.reproduce("extract@letters", say=lambda line: None, patience_s=0)
    assert not caught.value.transient
    project.step("extract")


def test_a_stage_that_dvc_cannot_start_is_told_with_dvcs_reason(project: Scripted, dvc: AskDvc) -> None:
    (project.root / "extract.sh").unlink()
    with pytest.raises(StageError, match=r"extract@letters failed: failed to reproduce .*extract\.sh"):
        dvc.reproduce("extract@letters", say=lambda line: None, patience_s=0)
    project.step("extract")


def test_a_dvc_at_work_is_waited_for_and_named(project: Scripted, dvc: AskDvc) -> None:
    go, said = project.root / "go", []
    project.step("extract", "touch began; until [ -e go ]; do sleep 0.05; done")
    other = project.start("dvc", "repro", "-s", "extract@letters")

    def say(line: str) -> None:
        said.append(line)
        go.touch()

    try:
        until((project.root / "began").exists, "the other DVC's stage began")
        with pytest.raises(StageError, match="DVC was still at work after 0 s"):
            dvc.reproduce("extract@letters", say=said.append, patience_s=0)
        assert dvc.reproduce("extract@letters", say=say, patience_s=60) == "cached"
    finally:
        go.touch()
        assert other.wait(timeout=180) == 0, other.communicate()
    assert "waiting, since DVC is at work: " in said[0]
    assert f"(PID {other.pid})" in said[0]


def test_after_kill_9_no_stage_goes_on_and_the_turn_is_free(project: Scripted) -> None:
    project.step("extract", "echo $$ > pid; until [ -e never ]; do sleep 0.05; done")
    (project.root / "pid").unlink(missing_ok=True)
    holder = project.start(sys.executable, "-c", HOLDS)
    stage = int(until(lambda: (project.root / "pid").exists() and (project.root / "pid").read_text(), "it began"))
    with (
        pytest.raises(turn.BusyError, match=rf"running since .* \(pid {holder.pid}, by hand\)"),
        turn.take(project.state, "a test"),
    ):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    assert holder.wait(timeout=180) == -signal.SIGKILL
    until(lambda: free(project.state), "the turn is free")
    assert not living(stage) or zombie(stage)
    project.step("extract")


def free(state: Path) -> bool:
    try:
        with turn.take(state, "a test"):
            return True
    except turn.BusyError:
        return False


def zombie(pid: int) -> bool:
    """Whether a process has ended and only waits for a parent that asks; in containers nobody may."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
