"""The bounds of every request: how many at once, how often, how long, and how many bytes of them all.

What a connection may do before there is a request, connections.py bounds; what clips may be, bodies.py.
"""

import asyncio
import math
from ipaddress import ip_address
from time import perf_counter

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.params import Serve
from serving import problems
from serving.guards.keys import CALLER
from serving.guards.rates import Rates
from serving.problems import ProblemError, busy

FREE = ("/v2/health/live", "/v2/health/ready", "/v1/health", "/metrics")  # whoever watches hears also of a full server
CLOSE = {"Connection": "close"}  # what still comes of the body is nobody's next request
PLAIN = ((b"x-content-type-options", b"nosniff"),)
PAGES = (
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class Limits:
    """Passes on requests within their bounds, and ends those that pass them with a problem.

    One timer ends what takes too long, oldest first: one for each request costs more than all the rest here.
    """

    def __init__(self, app: ASGIApp, bounds: Serve) -> None:
        self._app, self._bounds = app, bounds
        self._rates = Rates(bounds.rate_per_s) if bounds.rate_per_s else None
        self._at_work: dict[_Passing, None] = {}  # in the order in which they came
        self._bytes = 0  # of their bodies
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            if scope["path"] not in FREE:
                self._admit(scope)
        except ProblemError as error:
            return await problems.of(error)(scope, receive, send)
        if scope["type"] == "websocket":
            return await self._app(scope, receive, send)
        passing = _Passing(self, receive, send, until_s=perf_counter() + self._bounds.timeout_s)
        self._at_work[passing] = None
        if self._timer is None:
            self._watch(passing)
        try:
            return await self._in_time(scope, passing)
        finally:
            del self._at_work[passing]
            self._bytes -= passing.bytes

    def _admit(self, scope: Scope) -> None:
        if self._rates is not None and (wait_s := self._rates.take(_client(scope), perf_counter())):
            after = {"Retry-After": str(math.ceil(wait_s))}
            raise ProblemError(429, f"more than {self._bounds.rate_per_s:g} requests a second. Ask less often.", after)
        if scope["type"] == "http" and len(self._at_work) >= self._bounds.max_requests:
            raise busy(f"{len(self._at_work)} requests are at work already.")

    async def _in_time(self, scope: Scope, passing: "_Passing") -> None:
        try:
            await self._app(scope, passing.receive, passing.send)
        except asyncio.CancelledError:
            if not passing.late:
                raise
            passing.task.uncancel()
            if passing.begun:
                raise TimeoutError("an answer was not taken in time") from None
            await self._too_late(passing.whole)(scope, passing.receive, passing.send)

    def _too_late(self, whole: bool) -> Response:
        seconds = f"{self._bounds.timeout_s:g} s"
        if not whole:
            return problems.document(408, f"the body did not come within {seconds}.", CLOSE)
        return problems.document(503, f"no answer within {seconds}. Try again later.", {**CLOSE, "Retry-After": "5"})

    def _watch(self, oldest: "_Passing") -> None:
        wait_s = max(0.0, oldest.until_s - perf_counter())
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._end_late)

    def _end_late(self) -> None:
        """Ends what has had its time, and waits for the next."""
        self._timer = None
        for passing in self._at_work:
            if passing.late:
                continue
            if passing.until_s > perf_counter():
                return self._watch(passing)
            passing.late = True
            passing.task.cancel()
        return None

    def count(self, length: int) -> None:
        """Counts bytes of a body.

        Raises: ProblemError where all bodies together are too long.
        """
        self._bytes += length
        if self._bytes > self._bounds.max_bodies_mb * 2**20:
            raise busy("the bodies of all requests together are too long.")


class _Passing:
    """A request on its way: whether its body has come as a whole, an answer has begun, and it has had its time."""

    def __init__(self, limits: Limits, receive: Receive, send: Send, *, until_s: float) -> None:
        self._limits, self._receive, self._send = limits, receive, send
        self.whole = self.begun = self.late = False
        self.bytes, self.until_s = 0, until_s
        task = asyncio.current_task()
        assert task is not None
        self.task = task

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            length = len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            self.bytes += length
            self._limits.count(length)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message["headers"] = [*message.get("headers", ()), *_shields(message)]
        await self._send(message)


def _shields(message: Message) -> list[tuple[bytes, bytes]]:
    """Returns the headers that keep a browser from taking an answer for what it is not; a page's own come first."""
    there = dict(message.get("headers", ()))
    wanted = PLAIN + PAGES if there.get(b"content-type", b"").startswith(b"text/html") else PLAIN
    return [header for header in wanted if header[0] not in there]


def _client(scope: Scope) -> str:
    """Returns whose bucket a request draws on: a key's, else an address's, of IPv6 its network's."""
    if caller := scope.get(CALLER):
        return f"key {caller}"
    host = scope["client"][0] if scope.get("client") else ""
    if ":" not in host:
        return host
    return str(ip_address(host.partition("%")[0]).packed[:8])
