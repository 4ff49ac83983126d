"""kill -9 of `signloop serve` while people ask: what was answered is in the log, and it starts again by itself."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text

from monitoring.log.database import Database
from tests.ports import free_port
from tests.serving.asking import crowd

ROOT = Path(__file__).parents[3]
Alive = Callable[[], bool]
Kill = Callable[[], int]  # ends a server, and returns its exit status
Start = Callable[[list[str]], AbstractContextManager[tuple[Alive, Kill]]]


@contextmanager
def commands(folder: Path, own: dict[str, str]) -> Iterator[Start]:
    """Yields what starts `signloop` as a person does."""

    @contextmanager
    def start(arguments: list[str]) -> Iterator[tuple[Alive, Kill]]:
        with subprocess.Popen([sys.executable, "-m", "flows.command", *arguments], cwd=folder, env=own) as process:

            def kill() -> int:
                process.kill()
                return process.wait()

            try:
                yield lambda: process.poll() is None, kill
            finally:
                process.kill()

    yield start


@contextmanager
def forks(folder: Path, own: dict[str, str]) -> Iterator[Start]:
    """Yields what starts `signloop` with all imported: 20 imports take a minute. See tests/serving/forked.py."""
    command = [sys.executable, "-m", "tests.serving.forked"]
    with subprocess.Popen(
        command, cwd=folder, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        asked, told = parent.stdin, parent.stdout

        @contextmanager
        def start(arguments: list[str]) -> Iterator[tuple[Alive, Kill]]:
            asked.write(json.dumps(arguments) + "\n")
            asked.flush()
            child = psutil.Process(int(told.readline()))

            def kill() -> int:
                child.kill()
                return int(told.readline())

            try:
                yield child.is_running, kill
            finally:
                with suppress(psutil.NoSuchProcess):  # psutil knows it by when it began, too
                    child.kill()

        yield start
        parent.stdin.close()


@contextmanager
def serving(start: Start) -> Iterator[tuple[str, Kill]]:
    """Yields the address of a server that is ready, and what kills it; it has the block's end to end in."""
    port = free_port()
    with start(["serve", "--port", str(port), "--track", "letters"]) as (alive, kill):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while not is_ready(client):
                assert alive(), "the server did not start"
                threading.Event().wait(0.05)
        yield f"http://127.0.0.1:{port}", kill


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/v2/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def logged(folder: Path) -> set[str]:
    database = Database.open(f"sqlite:///{folder / '.signloop' / 'predictions.db'}")
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        ids = set(connection.scalars(text("SELECT id FROM predictions")))
    database.close()
    return ids


@pytest.mark.parametrize(("kills", "starts"), [(2, commands), pytest.param(20, forks, marks=pytest.mark.slow)])
def test_what_was_acknowledged_is_in_the_log_after_kill_9(store, tmp_path, kills, starts):
    rng, acknowledged = random.Random(0), set[str]()
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    with starts(tmp_path, os.environ | {"MLFLOW_TRACKING_URI": store.tracking_uri, "PYTHONPATH": str(ROOT)}) as start:
        for _ in range(kills):
            with serving(start) as (url, kill), crowd(url, size=8) as heard:
                heard.wait(rng.randint(1, 200))
                assert heard.failures == []
                assert kill() == -signal.SIGKILL
            acknowledged |= heard.answers.keys()
            assert acknowledged <= logged(tmp_path)
    assert len(acknowledged) > kills
