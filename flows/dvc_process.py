"""DVC in a process of its own, with one `Repo`: it runs one stage after another, as it is asked to.

Started by flows/ask_dvc.py, which says why. Requests come as lines of JSON through a descriptor of their own, since a
stage inherits stdin. Whatever DVC, the shell and the stage say goes to stdout, and after it, marked, the answer.
When the requests end in mid-stage, whoever asked is gone: the stage is killed, and with it this process.
"""

import json
import logging
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.checks.dvc import running

if TYPE_CHECKING:
    from dvc.repo import Repo

MARK = "\x1e"  # the record separator of ASCII, before an answer
STATUS = re.compile(r"exited with (-?\d+)")  # DVC tells a command's exit status in words only
MAX_ERROR = 3000  # letters; an answer stays below what a pipe takes in one piece
ASK_AGAIN_SECONDS = 1.0


def main(root: str, descriptor: str, token: str) -> None:
    """Answers requests until they end."""
    sys.argv = ["signloop", "retrain"]  # as DVC names us to another DVC that waits for us
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(int(descriptor), requests), daemon=True).start()
    from dvc.repo import Repo

    logging.getLogger("dvc").setLevel(logging.WARNING)  # which stage runs, Prefect says; `git add`, nobody needs
    repo, started = Repo(root, _wait_for_lock=True), _started_stages()
    while True:
        request = requests.get()
        if "tracks" in request:
            answer: dict[str, Any] = {"plan": list(_plan(repo, request["tracks"]))}
        else:
            started.clear()
            answer = _reproduce(repo, request["stage"], started, request["patience_s"])
        _say(token, answer)


def _listen(descriptor: int, requests: "queue.SimpleQueue[dict[str, Any]]") -> None:
    with os.fdopen(descriptor, encoding="utf-8") as lines:
        for line in lines:
            requests.put(json.loads(line))
    os.killpg(0, signal.SIGKILL)  # we lead a group: the stage and whatever it started are in it


def _started_stages() -> set[str]:
    """Returns a set to which every stage is added whose command DVC starts, and thus none that it restores.

    `reproduce` returns restored stages too. That a process was started for a stage is the one sure sign that it ran.
    """
    started: set[str] = set()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and (environment := arguments[3]):
            started.add(environment.get("DVC_STAGE", ""))

    sys.addaudithook(watch)
    return started


def _plan(repo: "Repo", tracks: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yields the stages in the order in which `dvc repro` takes them, each with the stages that it needs."""
    from dvc.repo.reproduce import get_active_graph, plan_repro

    with repo.lock:
        graph = get_active_graph(repo.index.graph)
    wanted = [stage for stage in graph if stage.addressing.partition("@")[2] in tracks]
    for stage in plan_repro(graph, wanted):
        yield stage.addressing, sorted(needed.addressing for needed in graph.successors(stage))


def _reproduce(repo: Any, stage: str, started: set[str], patience_s: float) -> dict[str, Any]:
    """Has DVC make one stage good, after another DVC has ended that works on the same files."""
    from dvc.exceptions import DvcException

    until, others = time.monotonic() + patience_s, ""
    while True:
        try:
            done = repo.reproduce([stage], single_item=True, run_env=_environment())
        except DvcException as error:
            causes = list(_causes(error))
            busy = _blocked(causes) and stage not in started
            if not busy or time.monotonic() >= until:
                return _failure(causes, busy)
            others = _wait(Path(repo.root_dir), others)
        else:
            return {"outcome": "cached" if not done else "ran" if stage in started else "restored"}


def _blocked(causes: list[BaseException]) -> bool:
    from dvc.lock import LockError

    return any(isinstance(cause, LockError) for cause in causes)


def _wait(root: Path, before: str) -> str:
    """Says whom we wait for, where it is not the one that was said before."""
    others = ", ".join(running(root)) or "another DVC"
    if others != before:
        sys.stdout.write(f"waiting, since DVC is at work: {others}\n")
        sys.stdout.flush()
    time.sleep(ASK_AGAIN_SECONDS)  # DVC has no lock to wait on: it refuses at once, and is asked again
    return others


def _failure(causes: list[BaseException], busy: bool) -> dict[str, Any]:
    words = ": ".join(str(cause) for cause in causes)
    status = STATUS.search(words)
    return {"outcome": "failed", "error": words[:MAX_ERROR], "status": int(status[1]) if status else None, "busy": busy}


def _environment() -> dict[str, str]:
    """What a stage finds besides: the `signloop` of this environment, and a stdout that is not held back."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "PYTHONUNBUFFERED": "1"}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _say(token: str, answer: dict[str, Any]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, f"{MARK}{token}{json.dumps(answer)}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
