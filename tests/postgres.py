"""A PostgreSQL server of a test's own: a cluster in a temporary folder, which answers on a Unix socket there alone.

It refuses to run as root, so that root lends it another user; anybody else runs it as they are.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path("/usr/lib/postgresql")  # where Debian keeps its programs, off the PATH
LENT = ("postgres", "nobody")
QUICK = "-c fsync=off -c max_connections=200"


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path
    user: str | None
    pg_ctl: str

    def fresh(self, template: str = "template1") -> str:
        """Makes a database, empty or as another one; returns its address, as a person would write it."""
        import psycopg

        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(host=str(self.folder), user="signloop", dbname="postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # pyright: ignore[reportArgumentType]
        return f"postgresql://signloop@/{name}?host={self.folder}"

    def start(self, options: str = QUICK) -> None:
        self._ctl("-o", f"-k {self.folder} -c listen_addresses= {options}", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._ctl("-m", "immediate", "stop")

    def kill(self) -> None:
        """Ends it as a power cut would end its processes: without a word."""
        pid = int((self.folder / "data/postmaster.pid").read_text(encoding="ascii").split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        every = [pid, *map(int, children)]
        for process in every:
            os.kill(process, signal.SIGKILL)
        while any(map(_runs, every)):
            time.sleep(0.01)  # nobody tells of the end of a process that is not one's child
        for left in (self.folder / "data/postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            left.unlink()  # they name a process that nobody has reaped yet, maybe

    def _ctl(self, *arguments: str) -> None:
        run(self.user, self.folder, self.pg_ctl, "-D", str(self.folder / "data"), "-w", *arguments)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def program(name: str) -> str | None:
    places = [os.environ["PATH"], *map(str, sorted(LIBRARY.glob("*/bin"), reverse=True))]
    return shutil.which(name, path=os.pathsep.join(places))


@contextmanager
def cluster(options: str = QUICK) -> Iterator[Cluster]:
    """Yields a server that runs until the block ends, or skips the test with what is missing."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if find_spec("psycopg") is None or initdb is None or pg_ctl is None:
        pytest.skip(
            "needs psycopg (pip install -e '.[postgres]') and PostgreSQL's programs (apt-get install postgresql)"
        )
    user = lent() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path is short: pytest's folders are too deep
    made = Cluster(folder, user, pg_ctl)
    try:
        if user:
            shutil.chown(folder, user)
        how = ("-U", "signloop", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        run(user, folder, initdb, "-D", str(folder / "data"), *how)
        made.start(options)
        yield made
        made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lent() -> str:
    """Returns a user for the server where we are root."""
    there = {entry.pw_name for entry in pwd.getpwall()}
    if found := next((name for name in LENT if name in there), None):
        return found
    pytest.skip(f"PostgreSQL does not run as root, and none of the users {', '.join(LENT)} is here")


def run(user: str | None, folder: Path, *command: str) -> None:
    who: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120, **who)
