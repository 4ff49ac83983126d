"""`signloop restore`: an archive checked whole beside the registry, then put in its place; the former one is kept.

The database changes last, and what was here is moved, never deleted: after a kill the same command goes on.
"""

import os
import shutil
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from flows import logged
from flows.backup import ARTIFACTS, DATABASE, KEPT_PARAMS, MANIFEST, Manifest, local_database
from flows.checks.dvc import running
from pipeline.errors import InputError, RegistryError
from pipeline.files import sha256
from registry import database, relocation
from registry.store import Store

JOURNALS = ("-wal", "-shm", "-journal")  # what SQLite may keep beside a database


def restore(
    store: Store, archive: Path, *, root: Path, state: Path, force: bool, log: logged.Logged | None = None
) -> tuple[Manifest, list[Path]]:
    """Puts an archive in the registry's place; returns its manifest, and where the former registry and log are kept.

    log  the prediction log, where the archive's is to come back, too; it is replaced last

    Raises: InputError when the archive is not whole or not one of ours, or when a registry is here and `force` is not
    given; nothing has then been changed.
    """
    target = local_database(store)
    _nothing_runs(root)
    if not force and target.exists() and not database.contents(target).empty:
        raise InputError(
            f"the registry at '{target}' is not empty. Add --force to replace it; it is then kept aside, not deleted."
        )
    if log is not None:
        logged.may_replace(log, force=force)
    home = target.parent
    home.mkdir(parents=True, exist_ok=True)
    with database.no_promotion(store, wait_seconds=0), _beside(home / f".restore.{os.getpid()}.part") as beside:
        manifest = unpack(archive, beside)
        database.check(beside / DATABASE)
        old = {Path(manifest.root), *relocation.strangers(beside / DATABASE, store.artifacts)} - {store.artifacts}
        relocation.relocate(beside / DATABASE, sorted(old), store.artifacts, files=beside / ARTIFACTS)
        rows = logged.checked(beside) if log is not None else None
        aside = [former] if (former := _swap(beside, target, store.artifacts)) else []
        if (beside / KEPT_PARAMS).exists() and not (state / KEPT_PARAMS).exists():
            (beside / KEPT_PARAMS).rename(state / KEPT_PARAMS)
        if log is not None and rows is not None:
            aside.append(logged.bring_back(log, rows))
    return manifest, aside


def restore_here(store: Store, *, root: Path) -> tuple[list[Path], int]:
    """Makes a moved or copied registry's paths lead to where it lies; returns the former places and how many changed.

    Raises: InputError when there is no registry; RegistryError when some of its bytes stayed behind.
    """
    path = local_database(store)
    _nothing_runs(root)
    if not path.exists():
        raise InputError(f"there is no registry at '{path}'. Move `.signloop` along, or: signloop restore FILE")
    with database.no_promotion(store, wait_seconds=0):
        former = relocation.strangers(path, store.artifacts)
        return former, relocation.relocate(path, former, store.artifacts)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpacks an archive and checks every file against its manifest.

    Raises: InputError when a name, a kind or a hash is not what our backup writes.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            members = {member.name: member for member in tar.getmembers()}
            if strange := [n for n, m in members.items() if not (m.isreg() and _plain(n))]:
                raise InputError(
                    f"'{archive}' holds '{strange[0]}', which no backup writes: a link, a folder or a path out."
                )
            if (needed := sum(m.size for m in members.values())) > (free := shutil.disk_usage(folder).free):
                raise InputError(
                    f"'{archive}' unpacks to {needed:,} bytes, '{folder.parent}' has {free:,} free. Make room."
                )
            tar.extractall(folder, members.values(), filter="data")
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        what = "does not exist" if Path(error.filename or "") == archive else f"has no {MANIFEST}: damaged, or not ours"
        raise InputError(f"'{archive}' {what}. Give a file that `signloop backup` wrote.") from None
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValidationError) as error:
        raise InputError(
            f"'{archive}' is not a whole backup: {error}. Take another one; nothing was changed."
        ) from None
    _verify(archive, folder, manifest, set(members) - {MANIFEST})
    return manifest


def _verify(archive: Path, folder: Path, manifest: Manifest, found: set[str]) -> None:
    if different := found ^ set(manifest.files):
        raise InputError(f"'{archive}': its manifest and its files differ in '{min(different)}'. Nothing was changed.")
    if DATABASE not in found:
        raise InputError(f"'{archive}' holds no {DATABASE}. Give a file that `signloop backup` wrote.")
    for name, entry in manifest.files.items():
        if (got := sha256(folder / name)) != entry.sha256:
            raise InputError(
                f"'{archive}': '{name}' is damaged (expected sha256 {entry.sha256[:12]}…, got {got[:12]}…). "
                "Take another backup; nothing was changed."
            )


def _plain(name: str) -> bool:
    path = PurePosixPath(name)
    return ".." not in path.parts and path.parts[:1] in [
        (part,) for part in (MANIFEST, DATABASE, ARTIFACTS, KEPT_PARAMS, logged.FOLDER)
    ]


def _swap(beside: Path, target: Path, artifacts: Path) -> Path | None:
    """Puts the new registry in place and returns where the former one is kept; an error brings that back.

    A readable database is overwritten in one transaction: a process that has it open goes on with the new contents,
    where after a rename it would go on writing to the one that was put aside.
    """
    (beside / ARTIFACTS).mkdir(exist_ok=True)
    files = [target, *(target.with_name(target.name + suffix) for suffix in JOURNALS)]
    former = [path for path in (artifacts, *files) if path.exists()]
    aside = _free(target.parent.with_name(f"{target.parent.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}"))
    if former:
        aside.mkdir()
    kept_open = target.exists() and _copied(target, aside / target.name)
    steps = [(path, aside / path.name) for path in former if path == artifacts or not kept_open]
    steps += [(beside / ARTIFACTS, artifacts)] + ([] if kept_open else [(beside / DATABASE, target)])
    try:
        for source, destination in steps:
            source.rename(destination)
        if kept_open:
            database.overwrite(target, beside / DATABASE)
    except BaseException:
        for source, destination in reversed(steps):
            if destination.exists() and not source.exists():
                destination.rename(source)
        if kept_open:
            (aside / target.name).unlink(missing_ok=True)  # a copy
        with suppress(OSError):  # never made, or not empty: then it holds what could not be brought back
            aside.rmdir()
        raise
    return aside if former else None


def _copied(path: Path, out: Path) -> bool:
    """Copies a database; False for one that is damaged, which is moved as it is instead."""
    try:
        database.snapshot(path, out)
    except RegistryError:
        return False
    return True


def _free(path: Path) -> Path:
    """Returns the path, or the first of path-2, path-3, … that is not there."""
    return next(p for p in (path, *(path.with_name(f"{path.name}-{n}") for n in range(2, 1000))) if not p.exists())


def _nothing_runs(root: Path) -> None:
    if holders := running(root):
        raise InputError(f"DVC is at work ({holders[0]}). Wait until it has ended, or stop it.")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
