"""Around every request: an id that comes back in its answer, a count, and a line in the log.

The outermost layer, and one that every answer passes: it wraps `send`, and makes no object of request or answer.
"""

import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import problems
from serving.metrics import Metrics

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID = b"x-request-id"
QUIET = ("/v2/health/live", "/v2/health/ready", "/metrics")  # asked every few seconds: only their failures are told
BEGINS = ("http.response.start", "websocket.http.response.start")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Seen:
    """What is known of the request that is at work; filled by whoever finds out.

    client      as the prediction log knows it
    prediction  under which the answer is in that log, where it is not the request's id
    """

    id: str
    client: str = ""
    track: str = ""
    version: int | None = None
    role: str = ""
    prediction: str = ""


NOW: ContextVar[Seen | None] = ContextVar("request", default=None)


class Requests:
    """Notes every request; what nobody else has answered, it answers with 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        begun_s, status = perf_counter(), 0
        seen = Seen(_sent(scope) or uuid4().hex)
        NOW.set(seen)  # each request is a task of its own, and so is its context

        async def noting(message: Message) -> None:
            nonlocal status
            kind = message["type"]
            if kind in BEGINS or kind == "websocket.accept":
                status = message.get("status", 101)
                message = {**message, "headers": [*message.get("headers", ()), (REQUEST_ID, seen.id.encode())]}
            elif kind == "websocket.close" and status == 0:
                status = 403  # what Uvicorn says to whom it does not let in
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # whatever it is, whoever asked is to hear of it, and the log why
            log.error("a request failed", exc_info=error)
            if status or scope["type"] != "http":
                raise
            await problems.document(500, problems.FAULT)(scope, receive, noting)
        finally:
            self._note(scope, seen, status, perf_counter() - begun_s)
        return None

    def _note(self, scope: Scope, seen: Seen, status: int, seconds: float) -> None:
        """Counts a request that has ended, and tells of it; status 0: whoever asked had gone before."""
        route = getattr(scope.get("route"), "path", "")  # never the path itself: it is whatever was sent
        method = scope.get("method", "WS")
        method = method if method in METHODS or method == "WS" else "other"
        self._metrics.request(route, method, status, seconds)
        level = logging.WARNING if status >= 500 else logging.DEBUG if route in QUIET else logging.INFO
        if not log.isEnabledFor(level):
            return
        told = {
            "id": seen.id,
            "client": seen.client,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 2),
            "track": seen.track,
            "version": seen.version,
            "role": seen.role,
        }
        if seen.prediction:
            told["prediction"] = seen.prediction
        # `log.info` would look for the line that called it, which costs more than all the rest
        log.handle(log.makeRecord(log.name, level, "", 0, "request", (), None, extra={"fields": told}))


def _sent(scope: Scope) -> str:
    """Returns the id that a request brings; "" where it brings none that is one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            id = value.decode("latin-1")
            return id if ID.fullmatch(id) else ""
    return ""
