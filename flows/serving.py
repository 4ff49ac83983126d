"""Starts the server: settings out of params.yaml and the environment, and uvicorn to run it."""

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flows import environment
from pipeline import params
from pipeline.errors import InputError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from serving.settings import Settings

DEVICE, TRACKS = "SIGNLOOP_SERVE_DEVICE", "SIGNLOOP_SERVE_TRACKS"  # from the command to its workers


def run(*, host: str, port: int, workers: int, device: str, tracks: list[str]) -> None:
    """Serves until it is told to end.

    Raises: InputError before anything is started, where it could not serve or should not.
    """
    import uvicorn

    from serving.connections import options

    os.environ.update({DEVICE: device, TRACKS: ",".join(tracks)})
    made = settings()  # what is wrong with it is said here, and not by every worker
    if not (made.keys or _loopback(host)):
        raise InputError(
            f"--host {host}: expected keys where others than this machine may ask, got none. Set SIGNLOOP_API_KEYS to "
            f"NAME:predict+feedback+operate:KEY, or listen on 127.0.0.1."
        )
    uvicorn.run(
        "flows.serving:app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        timeout_graceful_shutdown=30,
        **options(made.serve),
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def app() -> "FastAPI":
    """Makes the application, in each worker."""
    from serving.app import create

    return create(settings())


def settings() -> "Settings":
    """Returns what a server is made of.

    Raises: InputError naming a track that is not in params.yaml, or a key that is none.
    """
    from serving.keys import parse
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
    )
