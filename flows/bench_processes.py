"""Servers beside one another on one machine: started, all but one held still, and ended with all that they started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pipeline.errors import SignloopError

PATIENCE_S = 180.0
PROC = Path("/proc")


@dataclass(frozen=True)
class Running:
    """A server that answers on a port of this machine."""

    process: "subprocess.Popen[bytes]"
    port: int

    def all(self) -> list[int]:
        """Returns its processes, itself first; where there is no /proc, itself alone."""
        found, children = [self.process.pid], _children()
        for parent in found:
            found += children.get(parent, [])
        return found

    def rss_mb(self) -> float:
        """Returns the memory of all its processes; what they share counts for each."""
        pages = [int(told.split()[1]) for number in self.all() if (told := _read(PROC / str(number) / "statm"))]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lets it run for the block's length."""
        self.signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.signal(signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        for each in self.all():
            with suppress(ProcessLookupError):
                os.kill(each, number)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(
    command: Sequence[str], *, port: int, ready: str, folder: Path, environment: Mapping[str, str], name: str
) -> Iterator[Running]:
    """Starts a server, waits for it to answer at the path `ready`, and holds it still until it is its turn.

    Raises: SignloopError with what it said where it does not.
    """
    said = folder / f"{name.replace(' ', '_')}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=log, stderr=log)
    made = Running(process, port)
    try:
        _wait(made, ready, said, name)
        made.signal(signal.SIGSTOP)
        yield made
    finally:
        whole = made.all()
        made.signal(signal.SIGCONT)
        made.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        for each in whole:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()


def _wait(server: Running, ready: str, said: Path, name: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.process.poll() is None:
        with (
            suppress(URLError, ConnectionError, TimeoutError),
            urlopen(f"http://127.0.0.1:{server.port}{ready}", timeout=5),
        ):
            return
        time.sleep(0.2)  # between two looks; it tells nobody that it is ready
    raise SignloopError(f"{name} does not answer on {ready}: {said.read_text('utf-8', 'replace')[-2000:]}")


def _children() -> dict[int, list[int]]:
    """Returns the processes of this machine by their parent."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        if told := _read(path):
            parent = int(told.rpartition(")")[2].split()[1])  # its name, between brackets, may hold anything
            children.setdefault(parent, []).append(int(path.parent.name))
    return children


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # it has ended meanwhile
        return ""
