"""`signloop backup`: the registry as one archive, its database as of one moment, every file with its hash.

Bytes are stored before the version that names them. So the database is copied first and the files after it: whatever
the copy names is in the archive, also while others write.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from flows import logged
from pipeline.errors import InputError, RegistryError
from pipeline.files import replacing
from registry import database
from registry.store import Store

MANIFEST, DATABASE, ARTIFACTS = "manifest.json", "mlflow.db", "artifacts"
KEPT_PARAMS = "params.before-use.yaml"
WAIT_SECONDS = 60.0  # for a promotion to end


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    size: int


class Manifest(BaseModel):
    """What an archive says of itself; written last, since hashes are taken while the files are packed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    created: str
    root: str  # the artifact folder that the database's paths lead to
    mlflow: str
    files: dict[str, Entry]
    versions: dict[str, database.Held]


def backup(
    store: Store, *, state: Path, out: Path | None = None, log: logged.Logged | None = None
) -> tuple[Manifest, Path]:
    """Writes the archive and returns its manifest and path; `out` None: in the working folder, named by the time.

    log  the prediction log, where it is to be in it

    Raises: InputError when there is nothing to back up, or the file exists.
    """
    path = local_database(store)
    now = datetime.now().astimezone()
    out = out or Path(f"signloop-backup-{now:%Y%m%d-%H%M%S}.tar.gz")
    if not path.exists():
        raise InputError(f"nothing to back up: there is no registry at '{path}'. `make run` makes one.")
    if out.exists():
        raise InputError(f"'{out}' exists already. Give another name, or move it away.")
    with (
        replacing(out) as beside,
        TemporaryDirectory() as folder,
        _created(beside, private=log is not None) as stream,
        tarfile.open(fileobj=stream, mode="w:gz", dereference=True) as tar,
    ):
        with database.no_promotion(store, wait_seconds=WAIT_SECONDS):
            copy = Path(folder) / DATABASE
            database.snapshot(path, copy)
            files = {name: _add(tar, file, name) for name, file in _files(copy, store.artifacts, state)}
        if log is not None:
            files |= {name: _add(tar, file, name) for name, file in logged.copied(log, Path(folder))}
        manifest = Manifest(
            created=now.isoformat(timespec="seconds"),
            root=str(store.artifacts),
            mlflow=version("mlflow"),
            files=files,
            versions=database.contents(copy).versions,
        )
        _add_text(tar, MANIFEST, manifest.model_dump_json(indent=2))
    return manifest, out


def _created(path: Path, *, private: bool) -> BinaryIO:
    """Opens a new file; a private one can be read by its owner alone, from the first byte on."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600 if private else 0o666), "w+b")


def local_database(store: Store) -> Path:
    """Returns the registry's SQLite file.

    Raises: RegistryError where a server keeps the registry: its backup is the server's.
    """
    path = database.path_of(store)
    if path is None:
        raise RegistryError(
            f"the registry is at {store.where}: nothing of it lies here and nothing was done. Back up where it "
            "runs: its database first (PostgreSQL: pg_dump), then its artifact store (a bucket: a copy). "
            "Or unset MLFLOW_TRACKING_URI to work on the registry of this folder."
        )
    return path


def _files(copy: Path, artifacts: Path, state: Path) -> Iterator[tuple[str, Path]]:
    yield DATABASE, copy
    if (state / KEPT_PARAMS).exists():
        yield KEPT_PARAMS, state / KEPT_PARAMS
    for file in sorted(artifacts.rglob("*")):
        if file.is_file() and not file.name.endswith(".part"):
            yield f"{ARTIFACTS}/{file.relative_to(artifacts).as_posix()}", file


def _add(tar: tarfile.TarFile, path: Path, name: str) -> Entry:
    with path.open("rb") as stream:
        member = tar.gettarinfo(arcname=name, fileobj=stream)
        reading = _Hashing(stream)
        tar.addfile(member, reading)  # type: ignore[arg-type]  # it only reads
        return Entry(sha256=reading.digest.hexdigest(), size=member.size)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    data = text.encode()
    member.size, member.mtime = len(data), int(datetime.now().timestamp())
    tar.addfile(member, BytesIO(data))


class _Hashing:
    """Hashes what is read through it: exactly the bytes that were packed, also of a file that changes later."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        self.digest.update(block)
        return block
