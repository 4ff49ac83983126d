"""The project's own files: git, params.yaml, the data of each track, the environment."""

import shutil
import subprocess
from collections.abc import Iterator

from flows import environment
from flows.checks import Check, Place
from pipeline import params


def git(place: Place) -> Iterator[Check]:
    """Looks for git and a commit, which a version's lineage and DVC need."""
    if not shutil.which("git"):
        yield Check(
            "git", "problem", "not installed; DVC and the lineage of a version need it", "install git (apt, brew)"
        )
        return
    inside = _git(place, "rev-parse", "--show-toplevel")
    if inside is None:
        yield Check(
            "git", "problem", f"'{place.root}' is in no repository", "git init && git add -A && git commit -m start"
        )
        return
    commit = _git(place, "rev-parse", "--short", "HEAD")
    if commit is None:
        yield Check("git", "warning", "no commit yet", "git add -A && git commit -m start")
        return
    changed = len((_git(place, "status", "--porcelain") or "").splitlines())
    yield Check("git", "ok", f"commit {commit}" + (f", {changed} file(s) changed since" if changed else ""))
    if _git(place, "check-ignore", "-q", str(place.state)) is None and place.state.exists():
        yield Check("git", "warning", f"'{place.state}' is not ignored", f"echo '{place.state.name}/' >> .gitignore")


def parameters(place: Place) -> Iterator[Check]:
    """Reads params.yaml and looks for each track's data."""
    read = params.read(place.root / "params.yaml")
    yield Check("params.yaml", "ok", f"tracks: {', '.join(read.tracks)}; tracking: {read.tracking}")
    for name, track in read.tracks.items():
        data = place.root / track.data.path
        if data.exists():
            yield Check(f"data of {name}", "ok", track.data.path)
        else:
            mend = f"correct tracks.{name}.data.path in params.yaml, or: signloop use --undo"
            yield Check(f"data of {name}", "problem", f"'{data}' does not exist", mend)


def telemetry(place: Place) -> Iterator[Check]:
    """Looks for switches that the user has set to something else than off."""
    talking = environment.talking()
    if talking:
        yield Check("telemetry", "warning", ", ".join(talking), f"unset {' '.join(t.split('=')[0] for t in talking)}")
    else:
        yield Check("telemetry", "ok", "off")


def _git(place: Place, *arguments: str) -> str | None:
    answer = subprocess.run(["git", *arguments], cwd=place.root, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None
