"""Fetches Quick Draw's bitmaps from Google's bucket: only what is wanted of each file, several at once, resumable.

A .npy is a header and rows, so that its head is its first drawings. What arrives is kept in a part beside, named after
the publisher's mark of the file: a broken fetch goes on where it stopped, also in another process, and never with bytes
of another edition. The whole is listed with its hash (pipeline.sources.fetched), then renamed.
"""

import hashlib
import io
import math
import re
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from numpy.lib import format as npy

from flows.quickdraw_names import near, spelled
from pipeline.errors import InputError, TransientError
from pipeline.files import NO_ROOM, replacing, sha256
from pipeline.sources import fetched
from pipeline.sources.fetched import Fetched

BUCKET = "https://storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap"
TIMEOUT_S = 30.0  # without a byte
TRIES = 5  # in a row that bring nothing
PAUSE_S = 0.5  # before the second try; twice as long before each further one
HEAD = 256  # bytes that hold a file's header
SPARE = 64 * 2**20  # bytes that are left free on the disk
Say = Callable[[str], None]


@dataclass(frozen=True)
class Bucket:
    """Where the files are published, and how patiently they are asked for."""

    address: str = BUCKET
    pause_s: float = PAUSE_S

    def url(self, name: str) -> str:
        return f"{self.address.rstrip('/')}/{quote(name)}.npy"


@dataclass(frozen=True, kw_only=True)
class _Published:
    """A file as its publisher has it, and how much of it is wanted."""

    name: str
    url: str
    etag: str | None
    start: int  # byte at which the rows begin
    pixels: int
    rows: int  # in all
    wanted: int  # of them

    @property
    def end(self) -> int:
        return self.start + self.wanted * self.pixels

    def part(self, folder: Path) -> Path:
        mark = hashlib.sha256(f"{self.url} {self.etag}".encode()).hexdigest()[:12]
        return folder / f".{self.name}.npy.{mark}.part"


def fetch(
    names: Sequence[str],
    folder: Path,
    *,
    rows: int | None,
    bucket: Bucket = Bucket(),
    parallel: int = 4,
    again: bool = False,
    say: Say = lambda line: None,
) -> None:
    """Brings the first `rows` drawings of each class into a folder; None: whole files.

    again  takes other bytes than those that the folder's list has, where the publisher has changed a file

    Raises: InputError for a name that is not published, a full disk, or a file that has changed; TransientError where
    the server is away. What has arrived stays and is not fetched again.
    """
    names = [spelled(name) for name in dict.fromkeys(names)]
    folder.mkdir(parents=True, exist_ok=True)
    listed = fetched.read(folder)
    missing = []
    for name in names:
        there, why = _there(folder / f"{name}.npy", listed, rows)
        if there:
            say(f"{name}: {why}")
        else:
            missing.append(name)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        published = list(pool.map(lambda name: _ask(bucket, name, rows), missing))
        _hold_room(folder, published)
        shelf = _Shelf(folder, listed, again, say)
        for done in [pool.submit(shelf.bring, bucket, file) for file in published]:
            done.result()


def _there(path: Path, listed: dict[str, Fetched], rows: int | None) -> tuple[bool, str]:
    """Tells whether a file need not be fetched, and why."""
    if not path.exists():
        return False, "missing"
    entry = listed.get(path.name)
    if entry is None:
        return True, f"'{path}' is your own, left as it is"
    if entry.rows != rows:
        return False, "another number of drawings is wanted"
    return path.stat().st_size == entry.bytes and sha256(path) == entry.sha256, "there"


def _hold_room(folder: Path, files: Sequence[_Published]) -> None:
    """Raises: InputError where the disk has no room for what is still to come."""
    parts = [(file.part(folder), file) for file in files]
    needed = sum(file.end - (part.stat().st_size if part.exists() else 0) for part, file in parts)
    needed += max((file.end for file in files), default=0)  # a part and the whole lie side by side for a moment
    if files and needed + SPARE > (free := shutil.disk_usage(folder).free):
        raise InputError(
            f"'{folder}': {len(files)} classes take {(needed + SPARE) / 1e6:,.0f} MB, the disk has {free / 1e6:,.0f} "
            "MB free. Free some, lower data.max_per_class, or name fewer classes."
        )


@dataclass
class _Shelf:
    """The folder with its list, which several threads add to."""

    folder: Path
    listed: dict[str, Fetched]
    again: bool
    say: Say

    def __post_init__(self) -> None:
        self.lock = Lock()

    def bring(self, bucket: Bucket, file: _Published) -> None:
        """Fetches one file wholly, and puts it in its place."""
        part = file.part(self.folder)
        for other in self.folder.glob(f".{_literal(file.name)}.npy.*.part"):
            if other != part:
                other.unlink()  # of another edition
        _download(bucket, file, part)
        target = self.folder / f"{file.name}.npy"
        with replacing(target) as beside:
            _write(part, file, beside)
            entry = Fetched(
                address=file.url,
                etag=file.etag,
                rows=None if file.wanted == file.rows else file.wanted,
                bytes=beside.stat().st_size,
                sha256=sha256(beside),
            )
            with self.lock:
                self._hold(target, entry)
                self.listed[target.name] = entry
                fetched.write(self.folder, self.listed)
        part.unlink()
        self.say(f"{file.name}: {file.wanted:,} of {file.rows:,} drawings, {entry.bytes / 1e6:,.1f} MB")

    def _hold(self, target: Path, entry: Fetched) -> None:
        before = self.listed.get(target.name)
        if self.again or before is None or before.rows != entry.rows or before.sha256 == entry.sha256:
            return
        raise InputError(
            f"'{entry.address}' is not what was fetched before: sha256 {entry.sha256}, '{fetched.NAME}' says "
            f"{before.sha256}. Models made of the two cannot be compared; give --again to take the new one."
        )


def _ask(bucket: Bucket, name: str, rows: int | None) -> _Published:
    """Reads a file's header from its first bytes."""
    url = bucket.url(name)

    def once() -> _Published:
        with _open(name, Request(url, headers={"Range": f"bytes=0-{HEAD - 1}"})) as answer:
            etag, head = answer.headers.get("ETag"), answer.read(HEAD)
        start, shape = _header(url, head)
        wanted = min(shape[0], rows or shape[0])
        return _Published(name=name, url=url, etag=etag, start=start, pixels=shape[1], rows=shape[0], wanted=wanted)

    tries = _Tries(bucket, name)
    while True:
        try:
            return once()
        except (OSError, HTTPException) as error:
            tries.failed(error)


def _header(url: str, head: bytes) -> tuple[int, tuple[int, int]]:
    """Returns where rows begin and the shape [drawings, pixels]."""
    file = io.BytesIO(head)
    try:
        version = npy.read_magic(file)
        shape, by_column, dtype = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)
    except ValueError as error:
        raise InputError(f"'{url}' is no .npy: {error}. Check the address.") from None
    if len(shape) != 2 or by_column or dtype != "uint8" or math.isqrt(shape[1]) ** 2 != shape[1]:
        raise InputError(f"'{url}': expected [drawings, pixels] uint8, got {list(shape)} {dtype}. Check the address.")
    return file.tell(), shape


def _download(bucket: Bucket, file: _Published, part: Path) -> None:
    """Adds to the part until it is whole; each break is a further try, counted anew when it has brought something."""
    tries = _Tries(bucket, file.name)
    while (have := part.stat().st_size if part.exists() else 0) < file.end:
        try:
            _go_on(file, part, have)
        except (OSError, HTTPException) as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise InputError(
                    f"'{part.parent}': the disk is full. Free some and run the same command again."
                ) from None
            failed: Exception = error
        else:
            failed = ConnectionError("the connection ended early")
        came = part.stat().st_size if part.exists() else 0
        if came > have:
            tries.count = 0
        if came < file.end:
            tries.failed(failed)


def _go_on(file: _Published, part: Path, have: int) -> None:
    """Asks for what is missing; a server that knows no ranges sends all, and what is there already is read over."""
    headers = {"Range": f"bytes={have}-{file.end - 1}"} | ({"If-Range": file.etag} if file.etag else {})
    with _open(file.name, Request(file.url, headers=headers)) as answer:
        if answer.headers.get("ETag") != file.etag:
            raise TransientError(f"'{file.url}' was changed while it was fetched. Run the same command again.")
        over, left = (0 if answer.status == 206 else have), file.end - have
        if answer.status == 206 and not re.match(rf"bytes {have}-", answer.headers.get("Content-Range", "")):
            raise InputError(f"'{file.url}': asked for bytes from {have}, got {answer.headers.get('Content-Range')}.")
        with part.open("ab") as out:
            while left and (block := answer.read(min(1 << 16, over or left))):
                if over:
                    over -= len(block)
                    continue
                out.write(block)
                left -= len(block)


def _open(name: str, request: Request) -> HTTPResponse:
    """Opens an address.

    Raises: InputError where it is refused for good; OSError where a further try may help.
    """
    try:
        return urlopen(request, timeout=TIMEOUT_S)
    except HTTPError as error:
        if error.code == 404:
            others = near(name)
            told = f" Near: {', '.join(others)}." if others else ""
            raise InputError(f"'{request.full_url}': Quick Draw has no '{name}'.{told}") from None
        if error.code in (408, 429) or error.code >= 500:
            raise
        raise InputError(f"'{request.full_url}' is refused: {error}. Check the address.") from None


@dataclass
class _Tries:
    """Counts tries in a row that brought nothing, and waits longer after each."""

    bucket: Bucket
    name: str
    count: int = 0

    def failed(self, error: Exception) -> None:
        self.count += 1
        if self.count >= TRIES:
            raise TransientError(
                f"'{self.bucket.url(self.name)}' is not to be had: {error}, {TRIES} times in a row. What has arrived "
                "stays; run the same command again to go on."
            ) from None
        time.sleep(self.bucket.pause_s * 2 ** (self.count - 1))


def _write(part: Path, file: _Published, out: Path) -> None:
    """Writes the .npy: the part as it is where all rows are wanted, else under a header that says how many."""
    with part.open("rb") as rows, out.open("wb") as opened:
        if file.wanted < file.rows:
            header: dict[str, Any] = {"descr": "|u1", "fortran_order": False, "shape": (file.wanted, file.pixels)}
            npy.write_array_header_1_0(opened, header)
            rows.seek(file.start)
        shutil.copyfileobj(rows, opened, 1 << 20)


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
