"""What is answered when there is no answer: problem documents (RFC 9457), which say what to send instead.

Nothing of ours but the message of a SignloopError leaves the process: no traceback, no path of a module.
"""

import logging
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from pipeline.errors import InputError, SignloopError

log = logging.getLogger(__name__)
MAX_DETAIL = 1000
FAULT = "A fault of the server's own; its log says which."
MEDIA_TYPE = "application/problem+json"


class ProblemError(SignloopError):
    """An answer of the HTTP status `status`; `headers` go with it."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers or {}


def busy(detail: str, seconds: int = 1) -> ProblemError:
    """Returns the problem of a server that has too much to do now."""
    return ProblemError(503, f"{detail} Try again in {seconds} s.", {"Retry-After": str(seconds)})


def document(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Returns a problem; its member `error` is what clients of the Open Inference Protocol read."""
    phrase = HTTPStatus(status).phrase
    if len(detail) > MAX_DETAIL:  # it may quote what was sent
        detail = detail[:MAX_DETAIL] + "…"
    body = orjson.dumps({"type": "about:blank", "title": phrase, "status": status, "detail": detail, "error": detail})
    return Response(body, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Has every error of the app end as a problem document."""
    app.add_exception_handler(SignloopError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


def of(error: Exception) -> Response:
    """Returns the document of one of our own errors."""
    if isinstance(error, ProblemError):
        return document(error.status, str(error), error.headers)
    if isinstance(error, InputError):
        return document(422, str(error))
    log.error("%s", error)
    return document(503, "The server cannot answer at the moment; its log says why.", {"Retry-After": "5"})


async def _ours(request: Request, error: Exception) -> Response:
    return of(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if detail == HTTPStatus(error.status_code).phrase:  # the framework's own
        detail = f"{request.method} {request.url.path[:80]}: {detail.lower()}. /openapi.json lists what there is."
    return document(error.status_code, detail, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
    return document(422, "; ".join(lines))


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("a request to %s failed", request.url.path, exc_info=error)
    return document(500, FAULT)
