"""`signloop gc`: what nothing points to. All that a version, a run or a stored model of the registry names stays.

Trap: MLflow stores a name before its bytes. So folders are listed first and names read after: a folder that is
being written is named by then.
"""

import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.checks.dvc import dvc, running
from flows.workshop import FINISHED
from pipeline import params
from pipeline.errors import InputError, SignloopError
from pipeline.files import living
from pipeline.params import Images, Videos
from registry import database
from registry.database import Contents
from registry.store import Store

HOUR = 3600.0
DAY = 24 * HOUR
PART = re.compile(r"^\..+\.(\d+)\.part$")  # as pipeline.files.replacing names them: the number is a process
STORED = re.compile(r"^(m-)?[0-9a-f]{32}$")  # a run's or a stored model's folder in MLflow's artifacts


@dataclass(frozen=True)
class Garbage:
    """A file or folder that can go, and why."""

    path: Path
    why: str
    size: int


def find(root: Path, state: Path, store: Store, *, days: float) -> list[Garbage]:
    """Returns what can go; `days` is how long is kept what nobody went on with.

    Raises: InputError when params.yaml cannot be read.
    """
    path = database.path_of(store)
    finished = database.contents(path).finished if path and path.exists() else frozenset()
    return [*leftovers(root, state), *checkpoints(state, finished, days=days), *old_clips(root, state, days=days)]


def orphans(store: Store) -> list[Garbage]:
    """Returns stored bytes that no run, stored model or version of this registry names.

    Trap: they may be another registry's. A PostgreSQL one writes to the same folder by default, and a database that was
    lost had its versions there. So nobody deletes them unasked.
    """
    path = database.path_of(store)
    if path is None or not path.exists():
        return []
    folders = list(_stored(store.artifacts))
    held = database.contents(path)
    return [
        Garbage(folder, "named by nothing in this registry", size(folder))
        for folder in folders
        if not _named(folder, held) and _age(folder) > HOUR
    ]


def leftovers(root: Path, state: Path) -> list[Garbage]:
    """Returns what killed processes left half-written; a registry's stored bytes are not looked into."""
    places = [root.glob(".*.part"), (root / "artifacts").rglob(".*.part")]
    places += [state.glob(".*.part"), state.glob("*/.*.part"), (state / "clips").rglob(".*.part")]
    return [
        Garbage(path, "half-written by a process that is gone", size(path))
        for path in sorted(path for place in places for path in place)
        if (match := PART.match(path.name)) and not living(int(match[1])) and _age(path) > HOUR
    ]


def checkpoints(state: Path, finished: Iterable[str], *, days: float) -> list[Garbage]:
    """Returns checkpoints of trainings that ended well, or that nobody has gone on with for `days`."""
    ended, found = set(finished), []
    for path in sorted((state / "checkpoints").glob("*.pt")):
        age = _age(path)
        if age > HOUR and path.stem.partition("-")[2] in ended:
            found.append(Garbage(path, "checkpoint of a training that has ended", size(path)))
        elif age > max(days * DAY, HOUR):
            found.append(Garbage(path, f"checkpoint that nobody went on with for {age / DAY:.0f} days", size(path)))
    return found


def old_clips(root: Path, state: Path, *, days: float) -> list[Garbage]:
    """Returns finished clips of extractors that params.yaml does not ask for, none of them looked at for `days`.

    For so long those of `signloop extract` with options of its own are kept, and what `signloop use` put aside.
    """
    folders = sorted(path for path in (state / FINISHED).glob("*") if path.is_dir())
    asked_for = _extractors(root) if folders else frozenset()
    return [
        Garbage(path, f"clips of an extractor that params.yaml does not ask for, {age / DAY:.0f} days old", size(path))
        for path in folders
        if path.name not in asked_for and (age := _age(path)) > max(days * DAY, HOUR)
    ]


def _extractors(root: Path) -> frozenset[str]:
    """Names the folders of what looks at the recordings of each track."""
    from pipeline.detect.extractor import extractor
    from pipeline.detect.finished import folder_name

    sections = [track.data for track in params.read(root / "params.yaml").tracks.values()]
    looking = [section.detection for section in sections if isinstance(section, Videos | Images)]
    return frozenset(folder_name(extractor(detection)["hash"]) for detection in looking)


def remove(found: Iterable[Garbage]) -> int:
    """Deletes, and returns the bytes that this freed."""
    freed = 0
    for item in found:
        if item.path.is_dir() and not item.path.is_symlink():
            shutil.rmtree(item.path)
        else:
            item.path.unlink(missing_ok=True)
        freed += item.size
    return freed


def collect_cache(root: Path, *, dry_run: bool) -> str:
    """Has DVC drop cached files that neither the working tree nor any commit or experiment names; returns what it says.

    Raises: InputError while DVC is at work, SignloopError when it refuses.
    """
    if holders := running(root):
        raise InputError(f"DVC is at work ({holders[0]}). Wait until it has ended, or leave --cache out.")
    scope = ("--workspace", "--all-commits", "--all-experiments")
    answer = dvc(root, "gc", *scope, "--force", *(("--dry",) if dry_run else ()))
    if answer.returncode != 0:
        raise SignloopError(f"`dvc gc` refused: {answer.stderr.strip()}. See: dvc gc {' '.join(scope)} --dry -v")
    return answer.stdout.strip() or answer.stderr.strip()


def size(path: Path) -> int:
    """Returns the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())


def readable(num_bytes: float) -> str:
    """Returns a size as a person reads it."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 1000 or unit == "GB":
            break
        num_bytes /= 1000
    return f"{num_bytes:.0f} {unit}" if unit == "B" else f"{num_bytes:.1f} {unit}"


def _stored(artifacts: Path) -> Iterator[Path]:
    """Yields the folders of runs and models: at the top, in `models`, or in an experiment's folder with its own."""
    for pattern in ("*", "*/*", "*/models/*"):
        for path in artifacts.glob(pattern):
            if STORED.match(path.name) and path.is_dir() and not path.is_symlink():
                yield path


def _named(folder: Path, held: Contents) -> bool:
    """By its id, which a moved project does not change, or by a path."""
    by_id = folder.name in held.runs or folder.name in held.models
    return by_id or any(place.is_relative_to(folder) for place in held.locations)


def _age(path: Path) -> float:
    """Seconds since anything in it was last written."""
    newest = max([path.lstat().st_mtime, *(inner.lstat().st_mtime for inner in path.rglob("*"))])
    return time.time() - newest
