"""What gc takes and what it leaves, on a real registry."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows import garbage
from flows.command import app
from pipeline.detect.extractor import extractor
from pipeline.detect.finished import folder_name
from pipeline.errors import InputError
from pipeline.files import write_json, write_text
from pipeline.params import Detection
from registry.load import load
from registry.store import Store, local_store, open_store
from registry.tracking import start_run
from tests.flows.registries import Project

DEAD = 2**22 + 1  # above the largest process number of Linux


def aged(path: Path, *, hours: float) -> Path:
    """Makes a file, or a folder with all in it, look last written so long ago."""
    then = time.time() - 3600 * hours
    for inner in [*path.rglob("*"), path]:
        os.utime(inner, (then, then))
    return path


def found(project: Project, *, days: float = 14) -> list[Path]:
    return [item.path for item in garbage.find(project.root, project.state, project.store, days=days)]


def look_at_recordings(project: Project, **detection: object) -> None:
    """Writes a params.yaml whose one track reads videos."""
    data = {"source": "videos", "path": "clips", "detection": detection}
    tracks = {"signs": {"data": data, "model": {"name": "sign_transformer"}}}
    write_json(project.root / "params.yaml", {"tracks": tracks})


def orphan(project: Project, name: str) -> Path:
    write_text(project.store.artifacts / name / "artifacts/model.onnx", "bytes")
    return project.store.artifacts / name


def test_versions_aliases_and_runs_stay_and_orphans_go(project: Project) -> None:
    names = ["models/m-" + "0" * 32, "1" * 32, "3/models/m-" + "2" * 32, "3/" + "5" * 32]
    gone = [orphan(project, name) for name in names]
    young = orphan(project, "models/m-" + "4" * 32)
    foreign = orphan(project, "somebody's own folder")
    aged(project.store.artifacts, hours=100)
    aged(young, hours=0.5)
    items = garbage.orphans(project.store)
    assert sorted(item.path for item in items) == sorted(gone)
    assert garbage.remove(items) == 5 * len(gone)
    assert not any(path.exists() for path in gone)
    assert young.exists()
    assert foreign.exists()
    assert load("letters", store=project.store).version == 1
    assert load("letters", store=project.store, alias="candidate").version == 2


def test_a_deleted_version_keeps_its_bytes_while_mlflow_knows_them(project: Project) -> None:
    open_store(project.store).delete_model_version("letters", "2")
    aged(project.store.artifacts, hours=100)
    assert garbage.orphans(project.store) == []


def test_a_moved_registry_is_not_taken_for_garbage(project: Project, tmp_path: Path) -> None:
    store = local_store(project.root.rename(tmp_path / "moved") / ".signloop")
    aged(store.artifacts, hours=100)
    assert garbage.orphans(store) == []


def test_what_a_server_keeps_is_not_looked_into(untouched: Project) -> None:
    assert garbage.orphans(Store("http://127.0.0.1:9", untouched.store.artifacts)) == []


def test_the_checkpoint_of_a_running_training_stays(project: Project) -> None:
    start_run(project.store, "letters", key="running", params={})
    ages = {"key-of-first": 2, "key-of-second": 0.5, "running": 2, "interrupted": 24 * 13, "forgotten": 24 * 15}
    folder = project.state / "checkpoints"
    for key, hours in ages.items():
        write_text(folder / f"letters-{key}.pt", "tensors")
        aged(folder / f"letters-{key}.pt", hours=hours)
    assert [path.stem for path in found(project)] == ["letters-forgotten", "letters-key-of-first"]
    young = {"letters-0123", "letters-key-of-second"}
    assert {path.stem for path in found(project, days=0)} == {path.stem for path in folder.iterdir()} - young


def test_half_written_files_go_when_their_process_is_gone(project: Project) -> None:
    look_at_recordings(project)
    places = [
        "artifacts/letters",
        "artifacts/letters/model",
        ".signloop/plots",
        ".signloop/clips/extractor/ab",
        ".signloop",
        ".",
    ]
    for place in places:
        for pid in (DEAD, os.getpid()):
            write_text(project.root / place / f".file.{pid}.part", "half")
            aged(project.root / place / f".file.{pid}.part", hours=2)
    write_text(project.root / f".young.{DEAD}.part", "half")
    write_text(project.store.artifacts / f".users.{DEAD}.part", "a version's own file")
    aged(project.store.artifacts, hours=2)
    assert sorted(found(project)) == sorted(project.root / place / f".file.{DEAD}.part" for place in places)


def test_clips_go_whose_extractor_params_do_not_name_and_nobody_looked_at_for_long(project: Project) -> None:
    look_at_recordings(project, fps=15)
    folder = project.state / "clips"
    asked_for = folder_name(extractor(Detection(fps=15))["hash"])
    ages = {asked_for: 24 * 99, folder_name(extractor(Detection())["hash"]): 24 * 15, "0" * 16: 24 * 13, "1" * 16: 0.5}
    for name, hours in ages.items():
        for clip in ("ab/abc.npz", "cd/cde.npz"):
            write_text(folder / name / clip, "12345")
        aged(folder / name, hours=hours)
    *_, old, younger, new = ages
    assert [path.name for path in found(project)] == [old]
    assert sorted(path.name for path in found(project, days=0)) == sorted([old, younger])
    (item,) = garbage.find(project.root, project.state, project.store, days=14)
    assert (item.size, garbage.remove([item])) == (10, 10)
    assert {path.name for path in folder.iterdir()} == {asked_for, younger, new}


def test_no_clip_is_garbage_while_nobody_can_say_what_is_asked_for(project: Project) -> None:
    write_text(project.state / "clips" / ("0" * 16) / "ab/abc.npz", "12345")
    write_text(project.root / "params.yaml", "tracks: {signs: {data: {source: nothing}}}")
    with pytest.raises(InputError, match="source"):
        found(project)


def test_a_folder_half_written_goes_by_its_newest_file(project: Project) -> None:
    part = project.root / f"artifacts/letters/.model.{DEAD}.part"
    write_text(part / "inner", "half")
    os.utime(part, (0, 0))
    assert found(project) == []
    aged(part, hours=2)
    assert found(project) == [part]


@pytest.mark.parametrize(("size", "text"), [(999, "999 B"), (1500, "1.5 kB"), (2e6, "2.0 MB"), (5e12, "5000.0 GB")])
def test_sizes_are_readable(size: float, text: str) -> None:
    assert garbage.readable(size) == text


@pytest.fixture
def command(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    write_text(project.root / "params.yaml", "tracks: {}\n")
    write_text(project.root / "dvc.yaml", "stages: {}\n")
    monkeypatch.chdir(project.root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    write_text(project.state / "checkpoints/letters-key-of-first.pt", "12345")
    aged(project.state / "checkpoints/letters-key-of-first.pt", hours=2)
    aged(orphan(project, "1" * 32), hours=2)
    return project


def test_dry_run_deletes_nothing_and_force_does(command: Project) -> None:
    checkpoint, unnamed = command.state / "checkpoints/letters-key-of-first.pt", command.store.artifacts / ("1" * 32)
    shown = CliRunner().invoke(app, ["gc", "--dry-run"])
    assert shown.exit_code == 0
    assert str(checkpoint) in shown.output
    assert "5 B  more in 1 place(s)" in shown.output
    assert checkpoint.exists()
    assert "freed 5 B" in CliRunner().invoke(app, ["gc", "-f"]).output
    assert unnamed.exists()
    assert not checkpoint.exists()
    assert "freed 5 B" in CliRunner().invoke(app, ["gc", "-f", "--orphans"]).output
    assert not unnamed.exists()


def test_without_a_terminal_it_asks_for_force(command: Project) -> None:
    answer = CliRunner().invoke(app, ["gc"])
    assert isinstance(answer.exception, InputError)
    assert "--force" in str(answer.exception)
    assert (command.state / "checkpoints/letters-key-of-first.pt").exists()


def test_the_cache_keeps_what_a_commit_names(command: Project) -> None:
    root = command.root
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    dvc = [sys.executable, "-m", "dvc"]
    (root / "dvc.yaml").unlink()
    for line in (["git", "init", "-q"], [*dvc, "init", "-q"]):
        subprocess.run(line, cwd=root, check=True)
    for text, commit in (("old", True), ("never committed", False), ("new", True)):
        write_text(root / "data.txt", text)
        subprocess.run([*dvc, "add", "-q", "data.txt"], cwd=root, check=True)
        if commit:
            subprocess.run([*git, "add", "data.txt.dvc"], cwd=root, check=True)
            subprocess.run([*git, "commit", "-q", "-m", text], cwd=root, check=True)
    cached = {path.read_text() for path in (root / ".dvc/cache/files").rglob("*") if path.is_file()}
    assert cached == {"old", "never committed", "new"}
    garbage.collect_cache(root, dry_run=True)
    garbage.collect_cache(root, dry_run=False)
    assert {p.read_text() for p in (root / ".dvc/cache/files").rglob("*") if p.is_file()} == {"old", "new"}
    write_json(root / ".dvc/tmp/rwlock", {"write": {"x": {"pid": os.getpid(), "cmd": "dvc repro"}}})
    with pytest.raises(InputError, match="dvc repro \\(PID"):
        garbage.collect_cache(root, dry_run=False)
