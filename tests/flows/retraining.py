"""A small project whose stages are shell scripts, so that a test decides what each of them does, and a real server.

The flow asks DVC for whatever dvc.yaml has, so these three stages stand for the real eight, and cost nothing.
"""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from tests.flows.project import HERE, Project, tiny_params, variables, write_params

SECONDS = 300.0  # a condition that does not come about by then fails its test
STEPS = ("extract", "train", "promote")
WRITES = {
    "extract": "echo samples of $1 > artifacts/$1/samples.txt",
    "train": "cat artifacts/$1/samples.txt > artifacts/$1/model.txt",
    "promote": """cat > artifacts/$1/decision.json << END
{"version": 3, "status": "refused", "reasons": ["accuracy 0.7 ≥ 0.8: failed"], "production": 2, "incumbent": 2,
 "precision": "fp32", "fingerprint": "0123456789abcdef0123", "decisions_before": 1}
END
mkdir -p artifacts/$1/evaluation
echo '{"fp32": {"accuracy": 0.7, "ece": 0.1}}' > artifacts/$1/evaluation/metrics.json""",
}
DVC_YAML = """stages:
  extract:
    foreach: ${tracks}
    do:
      cmd: sh extract.sh ${key}
      deps: [extract.sh]
      outs: ["artifacts/${key}/samples.txt"]
  train:
    foreach: ${tracks}
    do:
      cmd: sh train.sh ${key}
      deps: [train.sh, "artifacts/${key}/samples.txt"]
      outs: ["artifacts/${key}/model.txt"]
  promote:
    foreach: ${tracks}
    do:
      cmd: sh promote.sh ${key}
      deps: [promote.sh, "artifacts/${key}/model.txt"]
      outs:
        - "artifacts/${key}/decision.json":
            cache: false
      metrics: ["artifacts/${key}/evaluation/metrics.json"]
"""


class Scripted(Project):
    """A project of shell scripts; this tree's own code runs in it."""

    @property
    def state(self) -> Path:
        return self.root / ".signloop"

    @property
    def lock_file(self) -> Path:
        return self.root / "dvc.lock"

    def step(self, name: str, before: str = "") -> None:
        """Writes one stage's script: `before`, and then what it always writes."""
        (self.root / f"{name}.sh").write_text(f"{before}\n{WRITES[name]}\n", encoding="utf-8")

    def remove_outs(self, *more: str) -> None:
        self.run("rm", "-rf", "artifacts", "dvc.lock", *more)
        for track in self.params["tracks"]:
            (self.root / "artifacts" / track).mkdir(parents=True)

    def start(self, *command: str, stdout: Any = subprocess.PIPE, **environment: str) -> "subprocess.Popen[str]":
        """Starts a command and leaves it running."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=variables(self.root) | {"PYTHONPATH": str(HERE)} | environment,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, status: int = 0, **environment: str) -> str:
        return super().run(*command, status=status, **{"PYTHONPATH": str(HERE), **environment})


def make_scripted(root: Path, *tracks: str, **retrain: Any) -> Scripted:
    """Lays the project into a new folder."""
    root.mkdir(parents=True)
    project = Scripted(root)
    names = tracks or ("letters",)
    write_params(root, tiny_params(*names) | {"retrain": {"retry_delay_s": [0], **retrain}})
    (root / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (root / ".gitignore").write_text("artifacts/\n.signloop/\n", encoding="utf-8")
    for name in STEPS:
        project.step(name)
    for name in names:
        (root / "artifacts" / name).mkdir(parents=True)
    project.run("git", "init", "-q")
    project.run("dvc", "init", "-q")
    return project


def power_cut(*processes: "subprocess.Popen[str]") -> None:
    """Ends processes and all that they started at once; some of it may be ending by itself."""
    for process in processes:
        if process.poll() is None:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(signal.SIGKILL)
            process.wait()


def until(condition: Callable[[], Any], what: str) -> Any:
    """Waits until a condition holds, and returns what it gave."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {SECONDS:.0f} s: {what}"
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Server:
    """A Prefect server, and what it knows of the flow `retrain`."""

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"PREFECT_API_URL": self.url, "PREFECT_HOME": str(self.home)}

    def ask(self, what: str, **body: Any) -> Any:
        request = Request(f"{self.url}/{what}", json.dumps(body).encode(), {"content-type": "application/json"})
        with urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")

    def read(self, what: str) -> Any:
        with urlopen(f"{self.url}/{what}", timeout=120) as answer:
            return json.loads(answer.read())

    def runs(self, **wanted: Any) -> list[dict[str, Any]]:
        """Returns the flow runs, newest first, however many pages of the server they fill."""
        found: list[dict[str, Any]] = []
        while page := self.ask("flow_runs/filter", sort="START_TIME_DESC", flow_runs=wanted or None, offset=len(found)):
            found += page
        return found

    def tasks(self, run: dict[str, Any]) -> dict[str, str]:
        """Returns {task run: name of its state}, once all are final: task runs arrive as events, a little late."""

        def final() -> dict[str, Any] | None:
            found = self.ask("task_runs/filter", task_runs={"flow_run_id": {"any_": [run["id"]]}})
            ended = all(task["state_type"] in ("COMPLETED", "FAILED") for task in found)
            return {task["name"]: task for task in found} if found and ended else None

        found = until(final, "the task runs are final")
        return {name: task["state_name"] for name, task in sorted(found.items())}

    def log(self, run: dict[str, Any]) -> list[str]:
        found = self.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}, sort="TIMESTAMP_ASC")
        return [line["message"] for line in found]

    def artifacts(self, key: str) -> list[dict[str, Any]]:
        return self.ask("artifacts/filter", artifacts={"key": {"any_": [key]}}, sort="UPDATED_DESC")
