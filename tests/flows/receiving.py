"""A receiver of notifications on loopback, which keeps what it was sent and may refuse it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

SECRET = "s3cr3t-pa55"


@dataclass
class Receiver:
    """What came, in order; `paths` beside it."""

    port: int
    notes: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://ada:{SECRET}@127.0.0.1:{self.port}/{SECRET}"

    def titles(self) -> list[str]:
        return [note["title"] for note in self.notes]


@contextmanager
def receiver(status: int = 200) -> Iterator[Receiver]:
    """Runs one for the block's length, that answers with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.notes.append(json.loads(body))
            received.paths.append(self.path)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Receiver(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
