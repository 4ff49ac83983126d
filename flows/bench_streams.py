"""Many signers at once: frames pumped over streams to a server, as fast as it answers them.

Each stream keeps a few frames under way, fewer than may wait at the server, so that none is dropped for being early.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as counting
from struct import pack
from time import perf_counter

UNDER_WAY = 8  # frames of a stream without an answer


@dataclass(frozen=True, kw_only=True)
class Pumped:
    """What all streams together came to, as their summaries say."""

    frames: int
    answers: int
    committed: int
    dropped: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.frames / self.seconds


def pump(address: str, frames: Sequence[bytes], *, count: int, streams: int, fps: float = 30) -> Pumped:
    """Sends `count` frames over so many streams, each of them again and again the given ones.

    address  ws://…/v1/TRACK/stream, of a model that answers every frame
    frames   coordinates [V, 3] as little-endian float32, as a binary message has them after its time

    Raises: ConnectionClosed when a connection is lost.
    """
    return asyncio.run(_pump(address, frames, count, streams, fps))


async def _pump(address: str, frames: Sequence[bytes], count: int, streams: int, fps: float) -> Pumped:
    begun_s = perf_counter()
    told = await asyncio.gather(*(_one(address, frames, count // streams, fps) for _ in range(streams)))
    seconds = perf_counter() - begun_s
    names = ("frames", "answers", "committed", "dropped")
    return Pumped(**{name: sum(summary[name] for summary in told) for name in names}, seconds=seconds)


async def _one(address: str, frames: Sequence[bytes], count: int, fps: float) -> dict[str, int]:
    from websockets.asyncio.client import connect

    async with connect(address, compression=None) as socket:
        await socket.send(json.dumps({"type": "start"}))
        await socket.recv()
        for n in range(count):
            await socket.send(pack("<d", n / fps) + frames[n % len(frames)])
            if n >= UNDER_WAY:
                await socket.recv()
        await socket.send(json.dumps({"type": "end"}))
        for _ in counting():
            told = json.loads(await socket.recv())
            if told["type"] == "summary":
                return told
    raise AssertionError("a stream ends with a summary or an exception")
