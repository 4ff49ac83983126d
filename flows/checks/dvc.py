"""DVC: what would run, who is at work, whether its cache can be written.

While a stage runs, DVC notes who reads and writes which path in .dvc/tmp/rwlock, and `dvc status` refuses; after a
kill the note stays and DVC ignores it, since that process is gone. So do we.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flows.checks import Check, Place
from pipeline.files import living

TIMEOUT_SECONDS = 120
SHOWN = 8


def repository(place: Place) -> Iterator[Check]:
    """Looks at DVC's own files, and asks it which stages would run."""
    if not (place.root / ".dvc" / "config").exists():
        yield Check("dvc", "problem", f"no DVC repository in '{place.root}'", "git checkout .dvc, or: dvc init")
        return
    yield _cache(place.root)
    if holders := running(place.root):
        yield Check("dvc", "warning", f"at work: {'; '.join(holders)}", "wait until it has ended, or stop it")
        return
    if not (place.root / "dvc.lock").exists():
        yield Check("dvc", "warning", "no dvc.lock: nothing has been made yet", "make run")
        return
    yield _status(place.root)


def plots(place: Place) -> Iterator[Check]:
    """Looks for the page without which `dvc plots show` stops: `.dvc/config` names it, `evaluate` writes it."""
    page = place.state / "plots" / "page.html"
    if page.exists():
        yield Check("plots page", "ok", "there; `dvc plots show` works offline")
    else:
        made = sorted((place.root / "artifacts").glob("*/evaluation"))
        mend = f"dvc repro -f -s evaluate@{made[0].parent.name}" if made else "make run"
        yield Check("plots page", "warning", f"'{page}' is missing; `dvc plots show` will not find it", mend)


def running(root: Path) -> list[str]:
    """Returns the living processes that hold paths of this repository, as 'COMMAND (PID n)'."""
    try:
        noted = json.loads((root / ".dvc" / "tmp" / "rwlock").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # never written, or just being written
        return []
    infos = [
        *noted.get("write", {}).values(),
        *(info for readers in noted.get("read", {}).values() for info in readers),
    ]
    alive = {info["pid"]: info["cmd"] for info in infos if living(info["pid"])}
    return [f"{command} (PID {pid})" for pid, command in sorted(alive.items())]


def dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs DVC of this environment; it is never found on PATH by chance."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)


def _status(root: Path) -> Check:
    try:
        answer = dvc(root, "status", "--json")
    except subprocess.TimeoutExpired:
        return Check("dvc", "problem", f"`dvc status` did not answer in {TIMEOUT_SECONDS} s", "dvc status -v")
    if answer.returncode != 0:
        reason = (answer.stderr.strip() or answer.stdout.strip()).splitlines() or ["no reason given"]
        return Check("dvc", "problem", f"`dvc status`: {reason[0]}", "dvc status -v")
    stale = sorted(json.loads(answer.stdout or "{}"))
    if not stale:
        return Check("dvc", "ok", "everything is up to date")
    named = ", ".join(stale[:SHOWN]) + (f" and {len(stale) - SHOWN} more" if len(stale) > SHOWN else "")
    return Check("dvc", "warning", f"would run: {named}", "dvc repro")


def _cache(root: Path) -> Check:
    answer = dvc(root, "cache", "dir")
    folder = Path(root, answer.stdout.strip() or ".dvc/cache")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(existing, os.W_OK):
        return Check("dvc cache", "ok", str(folder))
    return Check("dvc cache", "problem", f"'{existing}' cannot be written", f"chmod -R u+w '{existing}'")
