"""The server: routes over one host, which lives as long as the application does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from monitoring.log.writer import Writer
from serving import problems
from serving.host import Host
from serving.journal import Journal
from serving.routes import health, page, predict, stream
from serving.settings import Settings
from serving.stream.conversing import Streams


def create(settings: Settings) -> FastAPI:
    """Returns the application; models are loaded, and the log is opened, when it starts."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        host = Host(settings.store, settings.tracks, settings.serve, settings.log, _journal(settings))
        streams = Streams(host)
        try:
            host.start()
            app.state.host, app.state.streams = host, streams
            yield
        finally:
            streams.close()
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
    for routes in (
        health,
        predict,
        stream,
        page,
    ):
        app.include_router(routes.router)
    return app


def _journal(settings: Settings) -> Journal | None:
    if not settings.log.predictions:
        return None
    writer = Writer.open(settings.database, max_entries=settings.log.max_queue)
    return Journal(writer, keep_all=settings.log.inputs, keep_inputs_days=settings.log.keep_inputs_days)
