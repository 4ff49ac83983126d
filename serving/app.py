"""The server: routes over one host, which lives as long as the application does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from monitoring.log.writer import Writer
from serving import openapi, problems
from serving.host import Host
from serving.journal import Journal
from serving.keys import Gate
from serving.limits import Limits
from serving.recordings import Recordings
from serving.routes import health, infer, predict
from serving.settings import Settings


def create(settings: Settings) -> FastAPI:
    """Returns the application; models are loaded, and the log is opened, when it starts."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        host = Host(settings.store, settings.tracks, settings.serve, settings.log, _journal(settings))
        recordings = Recordings(settings.serve, settings.assets)
        try:
            host.start()
            app.state.host, app.state.recordings = host, recordings
            yield
        finally:
            recordings.close()
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
    app.add_middleware(Gate, keys=settings.keys, hosts=settings.serve.hosts)  # the last one added is passed first
    for routes in (health, infer, predict):
        app.include_router(routes.router)
    openapi.install(app)
    return app


def _journal(settings: Settings) -> Journal | None:
    if not settings.log.predictions:
        return None
    writer = Writer.open(settings.database, max_entries=settings.log.max_queue)
    return Journal(writer, keep_all=settings.log.inputs, keep_inputs_days=settings.log.keep_inputs_days)
