"""A project of its own in a folder: this one's code, other parameters, and the commands that a person would type in it.

Nothing of the user's environment leads out of it: its registry, prediction log and Prefect are its own.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import orjson
from ruamel.yaml import YAML

from flows import environment
from flows.bench_processes import free_port, running
from flows.layout import Layout
from flows.overlay import read_with
from monitoring.drift import keeping
from monitoring.drift.keeping import Kept
from monitoring.log.database import Database
from pipeline.errors import InputError, SignloopError
from pipeline.files import read_json
from pipeline.params import Params
from registry.store import SQLITE, STATE

CODE = ("flows", "serving", "registry", "monitoring", "pipeline")
BESIDE = ("dvc.yaml", ".dvcignore", ".gitignore", "requirements.lock", "feedback/README.md")
OF_DVC = (".dvc/config", ".dvc/.gitignore", ".dvc/plots")
SECRET = "the same people have the same keys each time"
FOLLOWS_S, SHOWN_LINES = 60.0, 30
FOREIGN = ("SIGNLOOP_", "PREFECT_")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder, what its params.yaml says, and the track that is played."""

    root: Path
    written: Params
    track: str

    @property
    def variables(self) -> dict[str, str]:
        own = environment.elsewhere(self.root)
        kept = {name: value for name, value in own.items() if not name.startswith(FOREIGN)}
        return kept | environment.SILENT | {environment.SECRET: SECRET}

    def run(self, *command: str) -> str:
        """Runs a command to its end, and returns what it said.

        Raises: SignloopError with its last lines where it fails.
        """
        answer = subprocess.run(
            command,
            cwd=self.root,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise SignloopError(f"`{' '.join(command)}` in '{self.root}' failed:\n{_last(answer.stdout)}")
        return answer.stdout

    def repro(self) -> None:
        self.run(sys.executable, "-m", "dvc", "repro")

    def watch(self) -> tuple[Kept, str]:
        """Has `signloop watch` take one look and do what follows; returns the look, and what the command said."""
        said = self.run(sys.executable, "-m", "flows.command", "watch", self.track, "--once")
        with Database.open(f"{SQLITE}{self.root / STATE / 'predictions.db'}") as database:
            return keeping.kept(database, self.track, limit=1)[0], said

    def decision(self) -> dict[str, Any]:
        return read_json(Layout(self.root, self.track).decision)

    @contextmanager
    def served(self) -> Iterator["Server"]:
        """Yields the server of this project, one process all the time."""
        port = free_port()
        own = ["serve", "--port", str(port), "--log", "quiet"]
        with (
            running(
                [sys.executable, "-m", "flows.command", *own],
                port=port,
                ready="/v2/health/ready",
                folder=self.root,
                environment=self.variables,
                name=".signloop/serve",
            ) as server,
            server.alone(),
        ):
            yield Server(port=port, track=self.track)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that answers on this machine."""

    port: int
    track: str

    def follows(self, version: int) -> None:
        """Waits until a version answers.

        Raises: SignloopError where it does not come to that.
        """
        until = time.monotonic() + FOLLOWS_S
        while (found := self._answers()) != version:
            if time.monotonic() > until:
                raise SignloopError(f"version {version} is in Production, and the server answers with {found}.")
            time.sleep(0.1)  # between two looks

    def _answers(self) -> int | None:
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/v1/health", timeout=5) as answer:
                return orjson.loads(answer.read())["tracks"][self.track]["production"]["version"]
        except (OSError, HTTPException):  # it was too busy to say
            return None


def lay(here: Path, root: Path, overlay: Path, track: str) -> Project:
    """Lays a project into an empty folder: the code of `here`, its parameters with others laid over, that track alone.

    Raises: InputError where the folder holds anything, or the parameters are not valid.
    """
    if root.exists() and any(root.iterdir()):
        raise InputError(f"'{root}' is not empty. Name a folder that is, or none.")
    written = read_with(here / "params.yaml", overlay)
    written = written.model_copy(update={"tracks": {track: written.track(track)}})
    for name in (*CODE, *BESIDE, *OF_DVC):
        _copy(here / name, root / name)
    with (root / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(written.model_dump(mode="json"), file)
    project = Project(root=root, written=written, track=track)
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    own = ("user.name=signloop", "user.email=signloop@localhost", "commit.gpgsign=false")
    project.run(
        "git",
        *(word for value in own for word in ("-c", value)),
        "commit",
        "--quiet",
        "--no-verify",
        "--message",
        "as it is",
    )
    return project


def _copy(source: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, out, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, out)


def _last(said: str) -> str:
    return "\n".join(said.splitlines()[-SHOWN_LINES:])
