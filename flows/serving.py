"""Starts the server: settings out of params.yaml and the environment, and uvicorn to run it."""

import os
from typing import TYPE_CHECKING

from flows import environment
from pipeline import params

if TYPE_CHECKING:
    from fastapi import FastAPI

    from serving.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEVICE, TRACKS = "SIGNLOOP_SERVE_DEVICE", "SIGNLOOP_SERVE_TRACKS"  # from the command to its workers


def run(*, host: str, port: int, workers: int, device: str, tracks: list[str]) -> None:
    """Serves until it is told to end.

    Raises: InputError before anything is started, where it could not serve or should not.
    """
    import uvicorn

    os.environ.update({DEVICE: device, TRACKS: ",".join(tracks)})
    serve = settings().serve  # what is wrong with it is said here, and not by every worker
    uvicorn.run(
        "flows.serving:app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
        server_header=False,
        ws_max_size=serve.max_message_kb * 1024,
        ws_per_message_deflate=False,  # landmarks hardly shrink, and each stream would keep a window of memory for it
    )


def app() -> "FastAPI":
    """Makes the application, in each worker."""
    from serving.app import create

    return create(settings())


def settings() -> "Settings":
    """Returns what a server is made of.

    Raises: InputError naming a track that is not in params.yaml.
    """
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
        database=environment.database(),
        secret=environment.client_secret(),
        assets=tuple(environment.assets()),
    )
