"""Files written beside and renamed: a reader never sees half of one, and a kill leaves the old one whole."""

import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import InputError

NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))  # of an OSError: the disk is full


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a path beside `path`; what is written there becomes `path` when the block ends well.

    Works for a file and for a folder. On an error the half-written output is removed; what a killed process left of the
    same output goes when it is written again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        if (pid := left.name.split(".")[-2]).isdigit() and not living(int(pid)):
            _remove(left)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    _remove(beside)
    try:
        yield beside
        if beside.is_dir():
            _remove(path)
        beside.replace(path)
    except BaseException:
        _remove(beside)
        raise


def living(pid: int) -> bool:
    """Tells whether a process of this machine is alive, also one of another user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes sorted, indented JSON; NaN is refused, since other readers do not know it."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Reads JSON.

    Raises: InputError naming the file when it is missing or cut off.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run `dvc repro`, or give another path.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' is not readable JSON: {error}. Delete it and run `dvc repro`.") from None


def sha256(path: Path) -> str:
    """Hashes a file, or a folder as the sorted list of its files' names and hashes."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(path).as_posix()}:{sha256(file)}\n".encode())
    else:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
