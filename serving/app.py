"""The server: routes over one host, which lives as long as the application does."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from monitoring.log.writer import Writer
from serving import problems
from serving.host import Host
from serving.journal import Journal
from serving.lineup import Lineup
from serving.metrics import Metrics
from serving.requests import Requests
from serving.routes import health, metrics, predict
from serving.settings import Settings

log = logging.getLogger(__name__)


def create(settings: Settings) -> FastAPI:
    """Returns the application; models are loaded, and the log is opened, when it starts."""
    counts = Metrics(settings.counts)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        host = Host(settings.store, settings.tracks, settings.serve, settings.log, _journal(settings), counts)
        try:
            host.start()
            app.state.host = host
            if settings.alone:
                gc.collect()
                gc.freeze()  # a body of nested lists has the collector look through all of MLflow: up to a second
            log.info("ready: %s", "; ".join(_who(lineup) for lineup in host.lineups.values()))
            yield
        finally:
            host.close()

    app = FastAPI(
        title="Signloop",
        version=version("signloop"),
        summary="Answers from the models in Production.",
        lifespan=life,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.settings = settings
    problems.install(app)
    app.add_middleware(Requests, metrics=counts)  # the last one added is passed first: it sees all
    for routes in (health, metrics, predict):
        app.include_router(routes.router)
    return app


def _who(lineup: Lineup) -> str:
    return f"{lineup.track} " + (f"version {lineup.production.version}" if lineup.production else "nothing")


def _journal(settings: Settings) -> Journal | None:
    if not settings.log.predictions:
        return None
    writer = Writer.open(settings.database, max_entries=settings.log.max_queue)
    return Journal(writer, keep_all=settings.log.inputs, keep_inputs_days=settings.log.keep_inputs_days)
