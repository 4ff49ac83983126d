"""A log on each of the two databases: a SQLite file, and a real PostgreSQL server where its programs are installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from monitoring.log.database import Database
from tests.monitoring.log.factories import address

LIBRARY = Path("/usr/lib/postgresql")  # where Debian keeps its programs, off the PATH


def program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, sorted(LIBRARY.glob("*/bin")))]))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The socket's folder of a PostgreSQL server; it refuses to run as root, so that root lends it another user."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if find_spec("psycopg") is None or initdb is None or pg_ctl is None:
        pytest.skip("needs psycopg (python -m pip install -e '.[postgres]') and PostgreSQL's initdb and pg_ctl")
    user = "postgres" if os.geteuid() == 0 else None
    if user and user not in [entry.pw_name for entry in pwd.getpwall()]:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short: pytest's own folders are too deep
    if user:
        shutil.chown(folder, user)
    data, options = str(folder / "data"), f"-k {folder} -c listen_addresses= -c fsync=off"

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)

    try:
        run(initdb, "-D", data, "-U", "signloop", "--auth=trust", "--no-sync", "--encoding=UTF8")
        run(pg_ctl, "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        yield str(folder)
        run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(server: str) -> str:
    """The address of an empty database."""
    import psycopg

    name = f"log_{uuid.uuid4().hex}"
    with psycopg.connect(host=server, user="signloop", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # pyright: ignore[reportArgumentType]
    return f"postgresql://signloop@/{name}?host={server}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = address(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Database.open(url)
    yield opened
    opened.close()
