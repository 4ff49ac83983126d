"""kill -9 of `signloop serve` while people ask: what was answered is in the log, and it starts again by itself."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from monitoring.log.database import Database
from registry.store import Store
from tests.serving.asking import crowd

ROOT = Path(__file__).parents[3]


@contextmanager
def started(folder: Path, store: Store) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yields address and process of a server that is ready; it has the block's end to end in."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "flows.command", "serve", "--port", str(port), "--track", "letters"]
    own = {"MLFLOW_TRACKING_URI": store.tracking_uri, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=os.environ | own) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            while not is_ready(url):
                assert process.poll() is None, "the server did not start"
                threading.Event().wait(0.05)
            yield url, process
        finally:
            process.kill()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def logged(folder: Path) -> set[str]:
    database = Database.open(f"sqlite:///{folder / '.signloop' / 'predictions.db'}")
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        ids = set(connection.scalars(text("SELECT id FROM predictions")))
    database.close()
    return ids


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_what_was_acknowledged_is_in_the_log_after_kill_9(store, tmp_path, kills):
    rng, acknowledged = random.Random(0), set[str]()
    for _ in range(kills):
        with started(tmp_path, store) as (url, process), crowd(url, size=8) as heard:
            heard.wait(rng.randint(1, 200))
            assert heard.failures == []
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert process.returncode == -signal.SIGKILL
        acknowledged |= heard.answers.keys()
        assert acknowledged <= logged(tmp_path)
    assert len(acknowledged) > kills
