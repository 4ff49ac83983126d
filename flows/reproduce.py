"""`signloop models reproduce`: a version made once more from its commit, and its logits beside the registered ones.

In a clone with a DVC cache of its own, so that nothing is restored and every stage runs; the registry is only read.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from flows import environment
from flows.checks.packages import installed, read_lock
from flows.layout import Layout
from pipeline import samples as stores
from pipeline import split as splits
from pipeline.errors import InputError, SignloopError
from pipeline.feedback import TRAINED
from pipeline.files import read_json, sha256
from pipeline.predictor import Predictor
from registry import versions
from registry.store import Store
from registry.versions import EXTRAS, ONNX, Version

TOLERANCE = 1e-4
SHOWN_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it.

    same        samples, split, weights, model.onnx: whether they are the registered ones, byte by byte
    difference  the largest of any logit on any test clip
    agreement   share of test clips with the same label
    packages    installed otherwise than the version's lock file says, as 'name 1.0 (locked 2.0)'
    """

    same: dict[str, bool]
    difference: float
    agreement: float
    clips: int
    packages: tuple[str, ...]

    @property
    def reproduced(self) -> bool:
        return self.difference <= TOLERANCE


def reproduce(store: Store, root: Path, version: Version, folder: Path) -> Outcome:
    """Makes a version again in an empty folder, and compares.

    Raises: InputError when the version does not say what it was made from, or that is no longer here.
    """
    with versions.files(store, version) as registered:
        project = check_out(root, version, registered / EXTRAS, folder)
        lay_params(root, project, version.track, read_json(registered / EXTRAS / "params.json"))
        lay_feedback(root, project, version, read_json(registered / EXTRAS / "provenance.json").get("feedback"))
        run(project, version.track, folder)
        return compare(version, registered, Layout(project, version.track))


def check_out(root: Path, version: Version, extras: Path, folder: Path) -> Path:
    """Clones the repository at a version's commit, with what was uncommitted; returns the project's folder in it."""
    commit = version.tags.get("signloop.git_commit", "")
    if not commit:
        raise InputError(
            f"version {version.number} of '{version.track}' names no commit: it was made outside of git, or by another "
            "tool, and cannot be made again. Commit, and have it trained anew: dvc repro"
        )
    top = Path(_git(root, "rev-parse", "--show-toplevel").strip())
    if _git(root, "cat-file", "-t", commit, check=False).strip() != "commit":
        raise InputError(
            f"version {version.number} of '{version.track}' was made from commit {commit[:12]}, which this repository "
            "does not have. Fetch it: git fetch --all"
        )
    clone = folder / "project"
    _git(top, "clone", "--quiet", "--shared", "--no-checkout", str(top), str(clone))  # objects of no branch as well
    _git(clone, "checkout", "--quiet", "--detach", commit)
    if version.tags.get("signloop.git_dirty") == "true":
        if not (extras / "dirty.diff").is_file():
            raise InputError(
                f"version {version.number} of '{version.track}' was made from uncommitted changes, and its dirty.diff "
                "is lost. Bring a backup back: signloop restore FILE --force"
            )
        _git(clone, "apply", "--whitespace=nowarn", str((extras / "dirty.diff").absolute()))
    return clone / root.resolve().relative_to(top.resolve())


def lay_params(root: Path, project: Path, track: str, recorded: dict[str, Any]) -> None:
    """Writes the recorded parameters of the one track; data that git does not have is taken from where it lies."""
    yaml, path = YAML(typ="safe"), project / "params.yaml"
    tree = yaml.load(path.read_text(encoding="utf-8"))
    data = dict(recorded["data"])
    if not (project / data["path"]).exists():
        data["path"] = str((root / data["path"]).resolve())
        if not Path(data["path"]).exists():
            raise InputError(f"'{data['path']}', the data of '{track}', does not exist. Put it back where it was.")
    tree["tracks"] = {track: recorded | {"data": data}}
    tree["tracking"] = "none"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)


def lay_feedback(root: Path, project: Path, version: Version, said: dict[str, Any] | None) -> None:
    """Copies the corrections that a version learned from, which git does not have.

    Raises: InputError where they are others by now: people said more, or asked to be erased.
    """
    if said is None:
        return
    here, there = (Layout(at, version.track).feedback for at in (root, project))
    if not here.is_dir() or ("sha256" in said and said["sha256"] != sha256(here / TRAINED)):
        raise InputError(
            f"version {version.number} of '{version.track}' learned from corrections that '{here}' no longer holds: "
            "more were sent, or some erased. It cannot be made again; its bytes are in the registry."
        )
    shutil.copytree(here, there)


def run(project: Path, track: str, folder: Path) -> None:
    """Has DVC run every stage up to the export, from nothing.

    Raises: SignloopError with the last lines that a stage said when it failed.
    """
    (project / "dvc.lock").unlink(missing_ok=True)
    local = project / ".dvc" / "config.local"
    local.write_text(f"[cache]\n    dir = {folder / 'cache'}\n", encoding="utf-8")
    log = folder / "reproduce.log"
    with log.open("w", encoding="utf-8") as said:
        answer = subprocess.run(
            [sys.executable, "-m", "dvc", "repro", f"export@{track}"],
            cwd=project,
            env=environment.elsewhere(project),
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if answer.returncode != 0:
        last = "\n".join(log.read_text(encoding="utf-8").splitlines()[-SHOWN_LINES:])
        raise SignloopError(f"the stages of that commit do not run here. They said:\n{last}")


def compare(version: Version, registered: Path, made: Layout) -> Outcome:
    """Compares a fresh export with the registered files, on the test clips of the fresh split."""
    precision = version.tags["signloop.precision"]
    fresh = made.exported / read_json(made.exported / "export.json")["precision"][precision]["file"]
    test = stores.read(made.samples)
    test = test.select(splits.read(made.split).test)
    ours, theirs = (Predictor.open(path).logits(test)[0] for path in (fresh, registered / ONNX))
    files = {
        "samples": (made.samples, "data"),
        "split": (made.split, "split"),
        "weights": (made.model / "model.safetensors", "model"),
        "model.onnx": (fresh, "onnx"),
    }
    same_classes = ours.shape == theirs.shape
    return Outcome(
        same={name: sha256(path) == version.tags.get(f"signloop.{tag}_sha256") for name, (path, tag) in files.items()},
        difference=float(np.abs(ours - theirs).max()) if same_classes else float("inf"),
        agreement=float((ours.argmax(1) == theirs.argmax(1)).mean()),
        clips=len(test),
        packages=_otherwise(made.root / "requirements.lock"),
    )


def _otherwise(lock: Path) -> tuple[str, ...]:
    have = installed()
    pins = read_lock(lock) if lock.exists() else {}
    return tuple(
        f"{name} {have.get(name, 'missing')} (locked {pin})" for name, pin in pins.items() if have.get(name) != pin
    )


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    answer = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment.elsewhere(folder), capture_output=True, text=True, check=False
    )
    if check and answer.returncode != 0:
        raise InputError(f"`git {' '.join(arguments)}` in '{folder}' failed: {answer.stderr.strip()}")
    return answer.stdout
