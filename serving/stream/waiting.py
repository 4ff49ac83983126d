"""What a stream has sent and nobody has looked at yet: bounded, and under pressure the oldest frames make room."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from serving.stream.messages import Frame

Item = TypeVar("Item")


@dataclass(frozen=True)
class Closed:
    """Nothing comes any more."""


class Waiting(Generic[Item]):
    """Frames and what is said between them, in their order; only frames are ever dropped.

    dropped  frames that were never looked at
    """

    def __init__(self, max_frames: int) -> None:
        self._max = max_frames
        self._items: deque[Frame | Item] = deque()
        self._frames = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False
        self.dropped = 0

    async def put(self, item: Frame | Item) -> None:
        """Takes a frame at once; what is said between frames waits when too much of it is there."""
        if isinstance(item, Frame):
            if self._frames == self._max:
                self._drop_oldest()
            self._frames += 1
        else:
            while len(self._items) - self._frames >= self._max and not self._closed:
                self._room.clear()
                await self._room.wait()
        self._items.append(item)
        self._changed.set()

    async def take(self) -> Frame | Item | Closed:
        """Returns what came first; Closed when that was all."""
        while not self._items:
            if self._closed:
                return Closed()
            self._changed.clear()
            await self._changed.wait()
        item = self._items.popleft()
        self._frames -= isinstance(item, Frame)
        self._room.set()
        return item

    def close(self, *, now: bool = False) -> None:
        """Takes nothing more; `now` leaves alone what waits."""
        self._closed = True
        if now:
            self._items.clear()
            self._frames = 0
        self._changed.set()
        self._room.set()

    def _drop_oldest(self) -> None:
        for place, item in enumerate(self._items):
            if isinstance(item, Frame):
                del self._items[place]
                self._frames -= 1
                self.dropped += 1
                return
