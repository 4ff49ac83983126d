"""What the doctor finds in projects with one thing wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from typer.testing import CliRunner

from flows import doctor
from flows.checks import Check, Place, disk, dvc, models, packages, project
from flows.command import app
from pipeline.errors import InputError
from pipeline.files import write_json, write_text
from registry import versions
from registry.store import Store, local_store, store_at
from tests.flows.registries import Project

DEAD = 2**22 + 1
PARAMS = "tracks:\n  letters:\n    data: {source: landmark_table, path: data}\n    model: {name: mlp}\n"
DECISION = {"version": 1, "fingerprint": "first", "production": 1}


def place(root: Path, store: Store | None = None) -> Place:
    return Place(root=root, state=root / ".signloop", store=lambda: store or local_store(root / ".signloop"))


def of(made: Project) -> Place:
    return place(made.root, made.store)


def worst(checks: Any) -> Check:
    """Returns the finding that matters most."""
    return max(checks, key=lambda check: ["ok", "warning", "problem"].index(check.state))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_a_check_that_raises_is_a_problem_and_the_next_one_follows(tmp_path: Path) -> None:
    def mistaken(place: Place) -> list[Check]:
        raise InputError("params.yaml: 2 mistake(s)")

    def broken(place: Place) -> list[Check]:
        raise ImportError("no module named torch")

    checks = {"params": mistaken, "torch": broken, "disk": lambda place: [Check("disk", "ok", "room")]}
    assert list(doctor.examine(place(tmp_path), checks)) == [
        Check("params", "problem", "params.yaml: 2 mistake(s)"),
        Check(
            "torch",
            "problem",
            "the check itself failed: ImportError: no module named torch",
            "signloop --debug doctor",
        ),
        Check("disk", "ok", "room"),
    ]


def test_this_installation_is_sound(tmp_path: Path) -> None:
    lock = Path(__file__).parents[2] / "requirements.lock"
    assert worst(packages.python(place(tmp_path))).state == "ok"
    assert worst(packages.locked(place(lock.parent))).state == "ok"
    assert worst(packages.pairs(place(tmp_path))).state == "ok"
    assert worst(packages.locked(place(tmp_path))).mend == "git checkout requirements.lock"


def test_packages_are_compared_with_what_is_asked_and_what_is_locked() -> None:
    asked = {"numpy": SpecifierSet(">=2"), "pandas": SpecifierSet("<3.1"), "torch": SpecifierSet("==2.13.0")}
    pins = {"numpy": "2.4.6", "pandas": "2.3.3", "torch": "2.13.0", "fastapi": "0.150.0"}
    have = {"numpy": "2.4.5", "pandas": "3.1.0", "torch": "2.13.0"}
    assert [(check.state, check.found) for check in packages.compare(asked, pins, have)] == [
        ("problem", "not installed: fastapi"),
        ("problem", "out of range: pandas 3.1.0 (needs <3.1)"),
        ("warning", "not as locked: numpy 2.4.5 (locked 2.4.6)"),
    ]
    assert next(packages.compare(asked, pins, pins)).state == "ok"


def test_a_lock_file_is_read_as_pip_reads_it(tmp_path: Path) -> None:
    write_text(
        tmp_path / "lock", "# comment\nPyYAML==6.0\nuvicorn[standard]==0.5 ; python_version < '4'\ntorch==2.13.0+cpu\n"
    )
    assert packages.read_lock(tmp_path / "lock") == {"pyyaml": "6.0", "uvicorn": "0.5", "torch": "2.13.0"}


@pytest.mark.parametrize(
    ("have", "bad"),
    [
        ({"fastapi": "0.155.0", "prefect": "3.8.8"}, ["fastapi"]),
        ({"fastapi": "0.150.0", "prefect": "3.8.8", "sqlalchemy": "2.0.58"}, []),
        ({"sqlalchemy": "2.1.9", "prefect": "3.8.8"}, ["sqlalchemy"]),
        ({"sqlalchemy": "2.1.9", "fastapi": "0.155.0"}, []),
        ({"pandas": "3.1.0", "evidently": "0.7.23"}, ["pandas"]),
    ],
)
def test_bad_pairs_need_both(have: dict[str, str], bad: list[str]) -> None:
    assert [pair.package for pair, _ in packages.bad_pairs(have)] == bad


def test_git_is_asked_for_step_by_step(tmp_path: Path) -> None:
    assert "git init" in worst(project.git(place(tmp_path))).mend
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert worst(project.git(place(tmp_path))).found == "no commit yet"
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "start"]
    subprocess.run(commit, cwd=tmp_path, check=True)
    assert worst(project.git(place(tmp_path))).state == "ok"
    write_text(tmp_path / ".signloop/x", "")
    assert "is not ignored" in worst(project.git(place(tmp_path))).found


def test_without_git_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert worst(project.git(place(tmp_path))).found.startswith("not installed")


def test_parameters_and_data(tmp_path: Path) -> None:
    write_text(tmp_path / "params.yaml", PARAMS)
    missing = worst(project.parameters(place(tmp_path)))
    assert missing.state == "problem"
    assert f"'{tmp_path / 'data'}' does not exist" in missing.found
    (tmp_path / "data").mkdir()
    assert worst(project.parameters(place(tmp_path))).state == "ok"


def test_telemetry_that_was_switched_on_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    assert worst(project.telemetry(place(tmp_path))) == Check(
        "telemetry", "warning", "DO_NOT_TRACK=0", "unset DO_NOT_TRACK"
    )
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    assert worst(project.telemetry(place(tmp_path))).state == "ok"


def test_dvc_before_and_after_the_first_run(repository: Path) -> None:
    here = place(repository)
    assert worst(dvc.repository(here)).mend == "make run"
    write_text(repository / "in.txt", "1")
    stage = {"cmd": "cp in.txt out.txt", "deps": ["in.txt"], "outs": ["out.txt"]}
    write_json(repository / "dvc.yaml", {"stages": {"copy": stage}})
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], cwd=repository, check=True)
    assert worst(dvc.repository(here)).state == "ok"
    write_text(repository / "in.txt", "2")
    assert worst(dvc.repository(here)) == Check("dvc", "warning", "would run: copy", "dvc repro")
    write_text(repository / "dvc.yaml", "stages: 1\n")
    broken = worst(dvc.repository(here))
    assert broken.state == "problem"
    assert broken.mend == "dvc status -v"


def test_without_dvc_it_says_so(tmp_path: Path) -> None:
    assert "no DVC repository" in worst(dvc.repository(place(tmp_path))).found


def test_who_holds_dvcs_lock_is_named_and_the_dead_are_not(tmp_path: Path) -> None:
    noted = {
        "write": {"a": {"pid": os.getpid(), "cmd": "dvc repro"}},
        "read": {"b": [{"pid": DEAD, "cmd": "dvc status"}, {"pid": os.getpid(), "cmd": "dvc repro"}]},
    }
    assert dvc.running(tmp_path) == []
    write_json(tmp_path / ".dvc/tmp/rwlock", noted)
    assert dvc.running(tmp_path) == [f"dvc repro (PID {os.getpid()})"]


def test_the_plots_page(tmp_path: Path) -> None:
    assert worst(dvc.plots(place(tmp_path))).mend == "make run"
    write_text(tmp_path / "artifacts/letters/evaluation/metrics.json", "{}")
    assert worst(dvc.plots(place(tmp_path))).mend == "dvc repro -f -s evaluate@letters"
    write_text(tmp_path / ".signloop/plots/page.html", "")
    assert worst(dvc.plots(place(tmp_path))).state == "ok"


def test_a_fresh_clone_has_no_registry_and_gets_none(tmp_path: Path) -> None:
    found = worst(models.registry(place(tmp_path)))
    assert found.state == "warning"
    assert "make run" in found.mend
    assert not (tmp_path / ".signloop").exists()
    (tmp_path / ".signloop/mlflow.before-restore-1").mkdir(parents=True)
    assert "a former one is kept" in worst(models.registry(place(tmp_path))).found


def test_a_server_that_does_not_answer_is_a_problem_at_once(tmp_path: Path) -> None:
    here = place(tmp_path, Store("http://127.0.0.1:9", tmp_path))
    found = worst(doctor.examine(here, {"registry": models.registry}))
    assert found.state == "problem"
    assert "cannot be reached" in found.found


def test_an_address_that_mlflow_refuses_is_a_problem(tmp_path: Path) -> None:
    here = Place(root=tmp_path, state=tmp_path, store=lambda: store_at("file:///mlruns", tmp_path))
    assert "no longer keeps registries" in worst(doctor.examine(here, {"registry": models.registry})).found


def test_a_sound_registry_names_production(untouched: Project) -> None:
    checks = list(models.registry(of(untouched)))
    assert {check.state for check in checks} == {"ok"}
    assert checks[-1].found == "version 1 of 2 is in Production and loads"


@pytest.mark.parametrize(
    ("decision", "state", "found"),
    [
        (DECISION, "ok", "in Production and loads"),
        (DECISION | {"version": 3}, "problem", "names version 3, the registry has no such version"),
        (DECISION | {"fingerprint": "other"}, "problem", "both have a version 1, of different models"),
        (DECISION | {"production": 2}, "warning", "left version 2 in Production, the registry now has version 1"),
        (DECISION | {"production": None}, "warning", "left nothing in Production, the registry now has version 1"),
    ],
)
def test_decision_and_registry_must_tell_one_story(
    untouched: Project, tmp_path: Path, decision: dict[str, Any], state: str, found: str
) -> None:
    write_json(tmp_path / "artifacts/letters/decision.json", decision)
    here = Place(root=tmp_path, state=untouched.state, store=lambda: untouched.store)
    told = worst(models.registry(here)) if state != "ok" else list(models.registry(here))[-1]
    assert told.state == state
    assert found in told.found
    assert state != "problem" or told.mend == "dvc repro -f -s promote@letters"


def test_a_registry_without_the_tracks_model(untouched: Project, tmp_path: Path) -> None:
    write_text(tmp_path / "params.yaml", PARAMS.replace("letters:", "signs:"))
    here = Place(root=tmp_path, state=untouched.state, store=lambda: untouched.store)
    assert worst(models.registry(here)) == Check(
        "model of signs", "warning", "not registered yet", "dvc repro promote@signs"
    )


def test_lost_and_changed_bytes_are_found(project: Project) -> None:
    with versions.files(project.store, versions.named(project.store, "letters"), versions.ONNX) as path:
        path.write_bytes(path.read_bytes() + b"x")
        assert "was changed" in worst(models.registry(of(project))).found
        path.unlink()
    found = worst(models.registry(of(project)))
    assert "lost its files" in found.found
    assert found.mend == "signloop restore FILE --force"


def test_a_moved_project_is_told_its_command(project: Project, tmp_path: Path) -> None:
    moved = project.root.rename(tmp_path / "moved")
    problems = [check for check in models.registry(place(moved)) if check.state == "problem"]
    assert [problem.mend for problem in problems] == ["signloop restore --here"]
    assert str(project.store.artifacts) in problems[0].found


def test_leftovers_and_checkpoints_are_counted(untouched: Project, tmp_path: Path) -> None:
    assert [check.found for check in disk.leftovers(of(untouched))] == ["1, 7 B"]
    write_text(tmp_path / f".samples.h5.{DEAD}.part", "half")
    os.utime(tmp_path / f".samples.h5.{DEAD}.part", (0, 0))
    left = worst(disk.leftovers(place(tmp_path)))
    assert left.mend == "signloop gc"
    assert "1 half-written, 4 B" in left.found


def test_room_is_measured(tmp_path: Path) -> None:
    checks = {check.name: check for check in disk.room(place(tmp_path))}
    measured = float(checks["disk"].found.split(" GB")[0])
    assert measured == pytest.approx(shutil.disk_usage(tmp_path).free / 1e9, rel=0.2)  # others write meanwhile
    assert "made when needed" in checks["state folder"].found


def test_the_command_fails_when_there_is_a_problem(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(repository / "params.yaml", PARAMS)
    write_text(repository / "dvc.yaml", "stages: {}\n")
    monkeypatch.chdir(repository)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 1
    assert "✗ data of letters" in told.output
    assert "→ make run" in told.output
    as_json = CliRunner().invoke(app, ["doctor", "--json"])
    assert as_json.exit_code == 1
    assert {check["state"] for check in json.loads(as_json.output)} == {"ok", "warning", "problem"}
