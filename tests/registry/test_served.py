"""The registry behind a real MLflow server, which refuses requests that the SQLite store lets pass."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

import registry
from pipeline.errors import RegistryError
from registry import moves, versions
from registry.store import Store, open_store
from registry.verify import verify
from tests.ports import free_port
from tests.registry.factories import every, make_track, never
from tests.registry.ledgers import aliases, promote, roll_back, told
from tests.registry.test_promote import PAIRED

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    (tmp_path / "server.db").write_bytes(migrated.read_bytes())
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--artifacts-destination", f"{tmp_path}/kept"]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=quiet, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server)
        yield Store(f"http://127.0.0.1:{port}", tmp_path / "state/mlflow/artifacts")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _wait_for(uri: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < until:
        try:
            with urlopen(uri, timeout=30):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not start; see server.log")


def test_a_server_holds_versions_bytes_and_aliases(served: Store, tmp_path: Path) -> None:
    worse = make_track(tmp_path / "worse", misses={"fp32": every(5)}, model=1, others={0: never})
    good = make_track(tmp_path / "good", misses={"fp32": never}, others={1: every(5)})
    worse.promote(served, PAIRED)
    record = good.promote(served, PAIRED)
    assert record["comparison"]["difference"] == pytest.approx(0.2)
    assert good.promote(served, PAIRED) == record
    assert [(v.number, v.aliases) for v in versions.versions(served, "letters")] == [
        (2, ("candidate", "production")),
        (1, ("previous",)),
    ]
    frame = np.zeros((21, 3), np.float32)
    frame[0, 0] = 1
    assert registry.load("letters", store=served).predict(frame).label == "B"
    with versions.files(served, versions.named(served, "letters"), "signloop/decision.json") as path:
        assert '"production": 2' in path.read_text(encoding="utf-8")


def test_a_server_keeps_the_ledger_for_every_host(served: Store, tmp_path: Path) -> None:
    other = Store(served.tracking_uri, tmp_path / "another host/artifacts")
    worse = make_track(tmp_path / "worse", misses={"fp32": every(5)}, model=1, others={0: never})
    good = make_track(tmp_path / "good", misses={"fp32": never}, others={1: every(5)})
    worse.promote(served, PAIRED)
    good.promote(served, PAIRED)
    third = make_track(tmp_path / "third", misses={"fp32": every(9)}, model=2, others={0: never, 1: every(5)})
    third.promote(served, PAIRED)
    roll_back(other, reason="seen from there", who="bo@other")
    assert good.promote(served, PAIRED)["held"]
    promote(served, 2)
    with pytest.raises(RegistryError, match=r"moved from version 1 to version 2 meanwhile, by ada@desk"):
        moves.promote(other, "letters", 3, expected=1, who="bo@other", override=True, reason="too late")
    assert told(other) == told(served)
    assert list(verify(other, "letters")) == []
    open_store(served).set_registered_model_alias("letters", "production", "1")
    moves.catch_up(other, "letters")
    assert told(served)[-1] == "moved outside: version 2 → version 1, by outside of Signloop"
    open_store(served).delete_registered_model_alias("letters", "candidate")
    open_store(served).delete_registered_model_alias("letters", "production")
    assert told(served)[0] == "promoted: nothing → version 1, by promote stage"
    moves.catch_up(served, "letters")
    assert aliases(other) == {"previous": 1}
