"""What was fetched of a publisher who states no hashes: written down once beside the files, and held to afterwards.

The first fetch is taken on trust; from then on other bytes under the same name are refused, here and when fetched anew.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import read_json, sha256, write_json

NAME = "fetched.json"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One file as it was fetched.

    address  that it came from
    etag     the publisher's own mark of the whole file; None: it gave none
    rows     that were fetched; None: the whole file
    bytes, sha256  of the file as it lies here
    """

    address: str
    etag: str | None
    rows: int | None
    bytes: int
    sha256: str


def read(folder: Path) -> dict[str, Fetched]:
    """Returns what a folder's list says by file name; nothing where there is none."""
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        return {name: Fetched(**entry) for name, entry in read_json(path).items()}
    except (AttributeError, TypeError):
        raise InputError(
            f"'{path}' is no list of fetched files. Remove it and run `signloop sketches fetch`."
        ) from None


def write(folder: Path, listed: dict[str, Fetched]) -> None:
    write_json(folder / NAME, {name: asdict(entry) for name, entry in listed.items()})


def hold(path: Path, listed: dict[str, Fetched]) -> None:
    """Compares a file with the list; one that is not on it is the user's own.

    Raises: InputError when its bytes are not those that were fetched.
    """
    entry = listed.get(path.name)
    if entry is None:
        return
    size = path.stat().st_size
    if size != entry.bytes or sha256(path) != entry.sha256:
        raise InputError(
            f"'{path}' is not what was fetched: expected {entry.bytes:,} bytes, sha256 {entry.sha256}, got {size:,} "
            f"bytes. Remove it and run `signloop sketches fetch`; or, where it is your own, its entry in {NAME}."
        )
