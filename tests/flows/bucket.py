"""A bucket on this machine: real HTTP, with and without ranges, and connections that break."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import unquote

import numpy as np


def drawings(rows: int, first: int = 0) -> np.ndarray:
    return (np.arange(rows * 784) // 784 + first).astype(np.uint8).reshape(rows, 784)


def npy(array: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


class Shelf:
    """What a bucket has and how it behaves.

    breaks    bytes after which an answer ends early, one for each of the first answers
    statuses  instead of an answer, one for each of the first requests
    """

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", " "): data for name, data in files.items()}
        self.ranges = True
        self.breaks: list[int] = []
        self.statuses: list[int] = []
        self.edition = 1
        self.asked: Counter[str] = Counter()
        self.sent = 0  # bytes, of all answers
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.together = 1  # requests that wait for one another
        self.gate = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name = unquote(request.path).removeprefix("/").removesuffix(".npy")
        with self.lock:
            self.asked[name] += 1
            status = self.statuses.pop(0) if self.statuses else 200
        if status != 200 or name not in self.files:
            request.send_error(status if status != 200 else 404)
            return
        data, etag = self.files[name], f'"{name}-{self.edition}"'
        begin, end = 0, len(data)
        wanted = re.match(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if self.ranges and wanted and request.headers.get("If-Range", etag) == etag:
            begin, end = int(wanted[1]), min(int(wanted[2]) + 1, len(data))
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(data)}")
        else:
            request.send_response(200)
        request.send_header("ETag", etag)
        request.send_header("Content-Length", str(end - begin))
        request.end_headers()
        with self.lock:
            whole = end - begin <= 256  # a header
            short = self.breaks.pop(0) if self.breaks and not whole else end - begin
        with suppress(ConnectionError):  # who asked has enough
            request.wfile.write(data[begin : min(end, begin + short)])
        with self.lock:
            self.sent += min(end - begin, short)


@contextmanager
def served(shelf: Shelf) -> Iterator[str]:
    """Serves a shelf and yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with shelf.lock:
                shelf.at_once += 1
                shelf.most_at_once = max(shelf.most_at_once, shelf.at_once)
                if shelf.at_once >= shelf.together:
                    shelf.gate.set()
            shelf.gate.wait(10)
            try:
                shelf.answer(self)
            finally:
                with shelf.lock:
                    shelf.at_once -= 1

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
