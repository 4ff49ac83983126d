"""Connections that end in time: heads of requests that are too long or come too slowly, bodies that nobody reads.

Uvicorn waits for the rest of a head for ever, and keeps as much of it as comes. A subclass of its protocol sees every
byte before there is a request, which no middleware does.
"""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.params import Serve
from serving.problems import document
from serving.settings import KEEP_ALIVE_S

MAX_HEAD = 32 * 1024  # bytes of the request line and all headers, besides the first piece that comes
PATIENCE_S = 10.0  # for a head, and for the rest of a body that was answered before its end


def options(bounds: Serve) -> dict[str, Any]:
    """Returns what Uvicorn is told besides the address."""
    return {
        "http": BoundedProtocol,
        "limit_concurrency": bounds.max_connections + 1,  # its own answer is no problem document: ours comes before it
        "proxy_headers": False,  # whoever sends X-Forwarded-For would be whom they please
        "server_header": False,
        "access_log": False,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "ws_max_size": 2 * bounds.max_message_kb * 1024,  # of what is less, a stream says itself that it is too long
        "ws_per_message_deflate": False,  # landmarks hardly shrink, and each stream would keep memory for it
        "log_level": "warning",
    }


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's, with an end to what has no request yet, or no longer."""

    patience_s = PATIENCE_S

    def connection_made(self, transport: Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._in_head, self._in_body, self._begun, self._head = True, False, False, 0
        self._impatient: TimerHandle | None = None
        limit = self.config.limit_concurrency
        if limit is not None and len(self.connections) >= limit:
            self._refuse(503, "too many connections. Try again in 1 s.")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._begun = False
        super().data_received(data)
        if self._in_head and not self._begun:  # how much of a piece is the head that begins in it, nobody says
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._refuse(431, f"the headers are longer than {MAX_HEAD // 1024} KiB.")
        self._watch()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "this is no HTTP request.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._begun = True
        self._in_body, self._head = False, 0

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _watch(self) -> None:
        """Loses patience from now on while a head is not there, or a body goes on after its answer."""
        answered = self._in_body and self.cycle is not None and self.cycle.response_complete
        if not (self._in_head or answered):
            self._rest()
        elif self._impatient is None:
            self._impatient = self.loop.call_later(self.patience_s, self.transport.abort)

    def _rest(self) -> None:
        if self._impatient is not None:
            self._impatient.cancel()
            self._impatient = None

    def _refuse(self, status: int, detail: str) -> None:
        said = document(status, detail, {"Connection": "close"})
        head = b"".join(b"%s: %s\r\n" % header for header in said.raw_headers)
        self.transport.write(b"HTTP/1.1 %d \r\n%s\r\n%s" % (status, head, said.body))
        self.transport.close()
