"""One retraining at a time in a project: a lock that the operating system frees, and a note of who holds it.

Whoever wants the lock first takes the door, for an instant. The note is written, whole, before the door is left. So
one who stands in the door and finds the lock held reads the note of exactly the holder: never half of one, never that
of somebody killed. The lock's descriptor goes to the process that works for the holder as well: after `kill -9` of
the one, the lock is free as soon as the other is gone too.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from flows import environment
from pipeline.errors import TransientError
from pipeline.files import read_json, write_json

LOCK, DOOR, NOTE = "retrain.lock", "retrain.door", "retrain.json"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who is at work, since when, and what set it off."""

    user: str
    host: str
    pid: int
    cause: str
    since: str

    def __str__(self) -> str:
        since = datetime.fromisoformat(self.since)
        today = since.date() == datetime.now(since.tzinfo).date()
        return f"running since {since:{'%H:%M:%S' if today else '%Y-%m-%d %H:%M:%S'}} by {self.user}@{self.host} " + (
            f"(pid {self.pid}, {self.cause})"
        )


class BusyError(TransientError):
    """Another retraining of this project is running."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


@contextmanager
def take(state: Path, cause: str) -> Iterator[int]:
    """Holds the lock and yields its descriptor.

    Raises: BusyError, which says who and since when, at once where another holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with _door(state):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(Holder(**read_json(state / NOTE))) from None
            write_json(state / NOTE, asdict(_me(cause)))
        yield lock
    finally:
        os.close(lock)


@contextmanager
def _door(state: Path) -> Iterator[None]:
    door = os.open(state / DOOR, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
    finally:
        os.close(door)


def _me(cause: str) -> Holder:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return Holder(user=environment.user(), host=socket.gethostname(), pid=os.getpid(), cause=cause, since=now)
