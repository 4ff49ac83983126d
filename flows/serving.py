"""Starts the server: settings out of params.yaml and the environment, and uvicorn to run it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flows import environment, stage_times
from pipeline import params
from pipeline.errors import InputError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from serving.logs import Style
    from serving.settings import Settings

# From the command to its workers; Prometheus' client looks for the folder itself.
DEVICE, TRACKS, LOG = "SIGNLOOP_SERVE_DEVICE", "SIGNLOOP_SERVE_TRACKS", "SIGNLOOP_SERVE_LOG"
COUNTS = "PROMETHEUS_MULTIPROC_DIR"


def run(*, host: str, port: int, workers: int, device: str, tracks: list[str], log: "Style | None") -> None:
    """Serves until it is told to end.

    Raises: InputError before anything is started, where it could not serve or should not.
    """
    import uvicorn

    from serving.guards.connections import options

    style = log or ("text" if sys.stderr.isatty() else "json")
    os.environ.update({DEVICE: device, TRACKS: ",".join(tracks), LOG: style})
    made = settings()  # what is wrong with it is said here, and not by every worker
    if not (made.keys or _loopback(host)):
        raise InputError(
            f"--host {host}: expected keys where others than this machine may ask, got none. Set SIGNLOOP_API_KEYS to "
            f"NAME:predict+feedback+operate:KEY, or listen on 127.0.0.1."
        )
    with _counts(workers):
        uvicorn.run(
            "flows.serving:app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,  # ours says what it says, too
            timeout_graceful_shutdown=30,
            **options(made.serve),
        )


@contextmanager
def _counts(workers: int) -> Iterator[None]:
    """Gives several workers a folder to count in together, for as long as they live."""
    if workers == 1:
        os.environ.pop(COUNTS, None)
        yield
        return
    with TemporaryDirectory(prefix="signloop-counts-") as folder:
        os.environ[COUNTS] = folder
        yield


def _loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def app() -> "FastAPI":
    """Makes the application, in each worker."""
    from serving import logs
    from serving.app import create

    logs.install(os.environ.get(LOG, "json"))  # pyright: ignore[reportArgumentType]
    return create(settings())


def settings() -> "Settings":
    """Returns what a server is made of.

    Raises: InputError naming a track that is not in params.yaml, or a key that is none.
    """
    from serving.guards.keys import parse
    from serving.settings import Settings

    written = params.read(environment.project_root() / "params.yaml")
    named = [name for name in os.environ.get(TRACKS, "").split(",") if name] or list(written.serve.tracks)
    for name in named:
        written.track(name)
    serve = written.serve
    if device := os.environ.get(DEVICE):
        serve = serve.model_copy(update={"device": device})
    return Settings(
        store=environment.store(),
        tracks=tuple(named or written.tracks),
        serve=serve,
        log=written.log,
        database=environment.database_url(),
        secret=environment.client_secret(),
        keys=parse(environment.api_keys()),
        assets=tuple(environment.assets()),
        alone=True,
        stages=environment.state_folder() / stage_times.NAME,
        counts=Path(os.environ[COUNTS]) if COUNTS in os.environ else None,
    )
