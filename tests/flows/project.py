"""A whole Signloop project in a folder: this tree's code, tiny parameters, git and DVC, and processes that run in it.

The package is installed editable, so the folder's own code comes first on PYTHONPATH: a test may edit it. Two projects
are made once for all tests, since a training costs seconds: `undisturbed` by `dvc repro`, `served` in this process.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from ruamel.yaml import YAML
from typer.testing import CliRunner

from flows.command import app
from pipeline.files import write_json

HERE = Path(__file__).resolve().parents[2]
WATCHED = Path(__file__).parent / "watched"
CODE = ("flows", "pipeline", "monitoring", "registry", "examples")
FILES = (
    "feedback/README.md",
    "dvc.yaml",
    ".dvcignore",
    ".gitignore",
    ".dvc/.gitignore",
    ".dvc/config",
    "requirements.lock",
)
FILES += (".dvc/plots/bars.json", ".dvc/plots/matrix.json")
STAGES = ("code", "extract", "prepare", "pretrain", "train", "export", "evaluate", "promote")
TINY: dict[str, dict[str, Any]] = {
    "data": {"num_signers": 12, "clips_per_letter": 1, "frames": 4, "classes": ["A", "B", "C"]},
    "prepare": {"test_share": 0.25},
    "model": {"name": "mlp", "features": "invariant", "hidden": [8], "dropout": 0.0},
    "train": {
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 0.002,
        "sequence_length": 1,
        "augment": {"drop_points": 0.02, "perspective": 0.1},
    },
    "export": {"precision": ["fp32"]},
    "evaluate": {"bootstrap": 100, "min_support": 1, "calibration_support": 1},
}
GATES = {"accuracy": {"min": 0.01}, "against_production": {"margin": 0.9, "min_units": 2, "bootstrap": 100}}
SECONDS = 300.0  # a process that hangs fails its test


@dataclass(frozen=True)
class Project:
    root: Path

    @property
    def params(self) -> dict[str, Any]:
        return YAML(typ="safe").load((self.root / "params.yaml").read_text(encoding="utf-8"))

    def set(self, keys: str, value: Any) -> None:
        """Sets one value of params.yaml by its dotted path."""
        tree = section = self.params
        *path, last = keys.split(".")
        for key in path:
            section = section[key]
        section[last] = value
        write_params(self.root, tree)

    @contextmanager
    def appended(self, added: dict[str, str]) -> Iterator[None]:
        """Has lines more in files of the project's own code, new ones too, for the block's length."""
        before = {file: (self.root / file).read_text() if (self.root / file).exists() else None for file in added}
        for file, lines in added.items():
            (self.root / file).write_text((before[file] or "") + lines)
        yield
        for file, text in before.items():
            (self.root / file).write_text(text) if text is not None else (self.root / file).unlink()

    def run(self, *command: str, status: int = 0, **environment: str) -> str:
        """Runs a command to its end and returns what it said; stdout and stderr together."""
        answer = subprocess.run(
            command,
            cwd=self.root,
            env=variables(self.root) | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            start_new_session=True,  # what is killed takes its whole group along, and not the tests
            check=False,
        )
        assert answer.returncode == status, f"{' '.join(command)} exited {answer.returncode}:\n{answer.stdout}"
        return answer.stdout

    def repro(self, *arguments: str, **environment: str) -> list[str]:
        """Runs `dvc repro` and returns the stages that it ran, as DVC names them."""
        return ran(self.run("dvc", "repro", *arguments, **environment))

    def json(self, path: str) -> Any:
        return json.loads((self.root / path).read_text(encoding="utf-8"))

    @property
    def lock(self) -> dict[str, dict[str, str]]:
        """Returns {stage: {out: md5}} of dvc.lock."""
        stages = YAML(typ="safe").load((self.root / "dvc.lock").read_text(encoding="utf-8"))["stages"]
        return {name: {out["path"]: out["md5"] for out in stage["outs"]} for name, stage in stages.items()}


def ran(output: str) -> list[str]:
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]


def variables(root: Path) -> dict[str, str]:
    """Returns the environment of a project's processes: its own code first, nothing of the user's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "GIT_", "MLFLOW_", "COV", "PYTEST"))}
    state = root.parent / "user"
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{WATCHED}{os.pathsep}{root}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "DO_NOT_TRACK": "1",
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(state),
        "DVC_SYSTEM_CONFIG_DIR": str(state),
        "DVC_SITE_CACHE_DIR": str(state / "site"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def write_params(root: Path, tree: dict[str, Any]) -> None:
    with (root / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)


def tiny_params(*tracks: str) -> dict[str, Any]:
    """Returns this tree's own params.yaml, made small: every key that it has is there."""
    tree = YAML(typ="safe").load((HERE / "params.yaml").read_text(encoding="utf-8"))
    track = tree["tracks"]["letters"]
    for name, values in TINY.items():
        track[name] = values if name == "model" else track[name] | values  # a model's keys are its own
    return tree | {"tracks": {name: track | {"gates": GATES} for name in tracks or ("letters",)}}


def make_project(root: Path) -> Project:
    """Lays a project into a new folder and commits it."""
    root.mkdir(parents=True)
    for name in CODE:
        shutil.copytree(HERE / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(HERE / name, root / name)
    write_params(root, tiny_params())
    project = Project(root)
    project.run("git", "init", "-q")
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("gc.auto", "0")):
        project.run("git", "config", name, value)
    commit(project)
    return project


def commit(project: Project) -> None:
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "-m", "as it is")


@dataclass(frozen=True)
class Undisturbed:
    """What one `dvc repro` in a fresh folder left: the project itself, and copies that nobody changes.

    twin       a copy of the project, which only tests/flows/test_retrain.py may change
    artifacts  of the track `letters`, as they were
    imports    a file a stage: what it had imported when it ended
    """

    project: Project
    twin: Project
    artifacts: Path
    imports: Path
    output: str
    lock: dict[str, dict[str, str]]


def undisturbed(factory: pytest.TempPathFactory) -> Undisturbed:
    """Makes it, or finds what another worker made; only tests/flows/test_repro.py may change `project`."""

    def make(home: Path) -> None:
        project = make_project(home / "project")
        (home / "imports").mkdir()
        output = project.run("dvc", "repro", STAGE_IMPORTS=str(home / "imports"))
        shutil.copytree(project.root / "artifacts/letters", home / "artifacts")
        shutil.copytree(project.root, home / "twin")
        write_json(home / "said.json", {"output": output, "lock": project.lock})

    home = _once(factory, "undisturbed", make)
    said = json.loads((home / "said.json").read_text(encoding="utf-8"))
    return Undisturbed(
        Project(home / "project"),
        Project(home / "twin"),
        home / "artifacts",
        home / "imports",
        said["output"],
        said["lock"],
    )


def served(factory: pytest.TempPathFactory) -> Project:
    """Makes a project with a version in Production, every stage run in this process; nobody may change it."""

    def make(home: Path) -> None:
        project = make_project(home / "project")
        for stage in STAGES:
            invoke(project, "stage", stage, "letters")

    return Project(_once(factory, "served", make) / "project")


def invoke(project: Project, *arguments: str) -> str:
    """Runs the command in this process, in the project's folder, and returns what it printed on stdout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        for name in ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Has the first of all workers make a folder whole, and the others wait for it."""
    base = factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(home.with_suffix(".lock")):
        if not home.exists():
            home.mkdir()
            make(home)
            (home / "whole").touch()
    assert (home / "whole").exists(), f"the project '{name}' could not be made: the first test that needs it says why"
    return home
