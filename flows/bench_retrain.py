"""What the flow costs over `dvc repro` where nothing has changed: one after the other, in turn, a server running."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from flows import environment
from pipeline.errors import SignloopError, TransientError
from registry.reach import reach

PATIENCE_SECONDS = 120.0


def figures(root: Path, *, times: int = 3) -> Iterator[tuple[str, str]]:
    """Yields medians of both, and their difference."""
    took: dict[str, list[float]] = {"dvc repro": [], "signloop retrain": []}
    with TemporaryDirectory() as home, server(Path(home)) as address:
        for number in range(times + 1):
            for command, seconds in took.items():
                start = time.perf_counter()
                _run(root, command, address)
                if number:  # the first of each warms the disk's cache
                    seconds.append(time.perf_counter() - start)
    repro, flow = (statistics.median(seconds) for seconds in took.values())
    told = f"{flow:.2f} s, beside {repro:.2f} s for dvc repro: {flow - repro:+.2f} s"
    yield "signloop retrain, nothing to do, server running", told


@contextmanager
def server(home: Path) -> Iterator[str]:
    """Runs a Prefect server for the block's length, its database in `home`, and yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    own = os.environ | environment.SILENT | {"PREFECT_HOME": str(home)}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=own, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(process, address, home / "server.log")
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SignloopError(f"Prefect's server ended at once: {log.read_text(encoding='utf-8')[-2000:]}")
        with suppress(ConnectionError):
            reach(address)
            return
        time.sleep(0.1)  # between two looks; the server tells nobody that it is ready
    raise TransientError(f"Prefect's server at {address} did not answer in {PATIENCE_SECONDS:.0f} s.")


def _run(root: Path, command: str, address: str) -> None:
    program, argument = command.split()
    answer = subprocess.run(
        [Path(sys.executable).with_name(program), argument],
        cwd=root,
        env=os.environ | {"PREFECT_API_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise SignloopError(f"`{command}` failed, so it cannot be measured:\n{answer.stderr}")
