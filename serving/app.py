"""The server: routes over one host, which lives as long as the application does."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from monitoring.log.writer import Writer
from serving import openapi, problems
from serving.answering.host import Host
from serving.answering.journal import Journal
from serving.answering.lineup import Lineup
from serving.bodies.recordings import Recordings
from serving.dashboard.look import Dashboard
from serving.guards.keys import Gate
from serving.guards.limits import Limits
from serving.metrics import Metrics
from serving.requests import Requests
from serving.routes import dashboard, draw, feedback, health, infer, metrics, page, predict, stream
from serving.settings import Settings
from serving.stream.conversing import Streams

log = logging.getLogger(__name__)


def create(settings: Settings) -> FastAPI:
    """Returns the application; models are loaded, and the log is opened, when it starts."""
    counts = Metrics(settings.counts)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        host = Host(settings.store, settings.tracks, settings.serve, settings.log, _journal(settings), counts)
        streams, recordings = Streams(host), Recordings(settings.serve, settings.assets)
        try:
            host.start()
            app.state.host, app.state.streams, app.state.recordings = host, streams, recordings
            app.state.dashboard = _dashboard(settings, host)
            if settings.alone:
                _spare_the_collector()
            log.info("ready: %s", "; ".join(_who(lineup) for lineup in host.lineups.values()))
            yield
        finally:
            recordings.close()
            streams.close()
            host.close()

    app = FastAPI(
        title="Signloop",
        version=version("signloop"),
        summary="Answers from the models in Production.",
        lifespan=life,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    problems.install(app)
    app.add_middleware(Limits, bounds=settings.serve)
    app.add_middleware(Gate, keys=settings.keys, hosts=settings.serve.hosts)
    app.add_middleware(Requests, metrics=counts)  # the last one added is passed first: it sees all
    for routes in (health, metrics, infer, predict, stream, feedback, page, draw, dashboard):
        app.include_router(routes.router)
    openapi.install(app)
    return app


def _who(lineup: Lineup) -> str:
    return f"{lineup.track} " + (f"version {lineup.production.version}" if lineup.production else "nothing")


def _journal(settings: Settings) -> Journal | None:
    if not settings.log.predictions:
        return None
    writer = Writer.open(settings.database, max_entries=settings.log.max_queue)
    return Journal(writer, keep_all=settings.log.inputs, keep_inputs_days=settings.log.keep_inputs_days)


def _dashboard(settings: Settings, host: Host) -> Dashboard:
    log = (
        host.journal.database if host.journal else "Nothing is logged here: `log.predictions` of params.yaml is false."
    )
    return Dashboard(settings.store, settings.tracks, log, stages=settings.stages)


def _spare_the_collector() -> None:
    """Leaves all that was loaded out of garbage collection, and has it come seldom.

    A clip in JSON is thousands of lists, none of them in a cycle: with Python's own thresholds each brings on several
    collections, which look through all of MLflow and ONNX Runtime besides and take longer than reading the clip.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
