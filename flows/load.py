"""One request again and again over connections that stay open: what a server takes, and how long each answer takes.

A process of its own, `python -m flows.load`, which costs as little as it can of the cores that it shares with what it
measures: the request is bytes that were made before, of an answer no more is read than its length.
"""

import argparse
import asyncio
import json
import sys
import time
from array import array
from pathlib import Path

END, LENGTH = b"\r\n\r\n", b"\r\ncontent-length:"


class Client(asyncio.Protocol):
    """Sends the request, waits for its answer, and sends it again."""

    def __init__(self, request: bytes, until: "asyncio.Event") -> None:
        self._request, self._until = request, until
        self._received, self._missing = b"", 0
        self.done = asyncio.get_running_loop().create_future()
        self.seconds, self.failures, self.last = array("d"), 0, b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._missing:
            head, found, _ = self._received.partition(END)
            if not found:
                return
            _, _, after = head.lower().partition(LENGTH)
            if not after:
                self.failures += 1
                self._transport.close()
                return
            self._missing = len(head) + len(END) + int(after.partition(b"\r\n")[0])
        if len(self._received) >= self._missing:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._until.is_set():
            self.failures += 1
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._received, self._missing = b"", 0
        self._begun = time.perf_counter()
        self._transport.write(self._request)

    def _answered(self) -> None:
        self.seconds.append(time.perf_counter() - self._begun)
        self.failures += not self._received.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
        self.last = self._received
        if self._until.is_set():
            self._transport.close()
        else:
            self._send()


async def load(port: int, request: bytes, *, clients: int, seconds: float) -> dict[str, object]:
    """Returns how many answers came in that time, their times sorted, and the last of them."""
    until, loop = asyncio.Event(), asyncio.get_running_loop()
    begun = time.perf_counter()
    made = [
        (await loop.create_connection(lambda: Client(request, until), "127.0.0.1", port))[1] for _ in range(clients)
    ]
    await asyncio.sleep(seconds)
    until.set()
    await asyncio.wait([client.done for client in made], timeout=60)
    took = time.perf_counter() - begun
    times = sorted(second for client in made for second in client.seconds)
    failures = sum(client.failures + (not client.done.done()) for client in made)
    last = next((client.last for client in made if client.last), b"")
    return {"seconds": took, "times": times, "failures": failures, "last": last.decode("latin-1")}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("request", type=Path)
    parser.add_argument("clients", type=int)
    parser.add_argument("seconds", type=float)
    given = parser.parse_args()
    try:
        import uvloop
    except ImportError:  # not made for Windows
        run = asyncio.run
    else:
        run = uvloop.run
    found = run(load(given.port, given.request.read_bytes(), clients=given.clients, seconds=given.seconds))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
