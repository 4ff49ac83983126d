"""A thread that takes frames of several streams through a model with a memory, one step each, together.

What comes while it is at work makes its next batch, as in runners.py; a stream has one frame under way at most, so that
what waits is bounded by the number of streams.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.stream import Arrays, Steps
from serving.bodies.takes import Floats


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """What a step says of one frame: logits [K], whether it was seen, and the state [1, …] for the next."""

    logits: Floats
    seen: bool
    state: Arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class _Step:
    steps: Steps
    feeds: Arrays  # of one frame, B = 1, as state
    state: Arrays
    done: "asyncio.Future[Stepped]"


class Stepping:
    """One thread over what waits; started with the first step."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._waiting: deque[_Step] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    async def step(self, steps: Steps, feeds: Arrays, state: Arrays) -> Stepped:
        """Returns what one frame's step says; raises what ONNX Runtime does."""
        done: asyncio.Future[Stepped] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="stepping", daemon=True)
                self._thread.start()
            self._waiting.append(_Step(steps=steps, feeds=feeds, state=state, done=done))
            self._changed.notify()
        return await done

    def close(self) -> None:
        """Ends when all that waits has been told."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        while together := self._take():
            try:
                said: Sequence[Stepped | Exception] = _run(together)
            except Exception as error:  # ONNX Runtime's own have no common type; each stream is to hear of it
                said = [error] * len(together)
            try:
                together[0].done.get_loop().call_soon_threadsafe(_wake, together, said)
            except RuntimeError:  # the loop is closed: nobody waits
                return

    def _take(self) -> list[_Step]:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            chosen = [self._waiting.popleft()]
            others: deque[_Step] = deque()
            while self._waiting and len(chosen) < self._max_batch:
                step = self._waiting.popleft()
                (chosen if step.steps is chosen[0].steps else others).append(step)
            self._waiting.extendleft(reversed(others))
            return chosen


def _run(together: Sequence[_Step]) -> list[Stepped]:
    feeds = _joined([step.feeds for step in together])
    logits, seen, state = together[0].steps.run(feeds, _joined([step.state for step in together]))
    return [
        Stepped(logits=logits[i], seen=bool(seen[i] > 0), state={name: rows[i : i + 1] for name, rows in state.items()})
        for i in range(len(together))
    ]


def _joined(parts: Sequence[Arrays]) -> Arrays:
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _wake(together: Sequence[_Step], said: Sequence[Stepped | Exception]) -> None:
    for step, what in zip(together, said, strict=True):
        if step.done.done():  # the stream has gone
            continue
        if isinstance(what, Exception):
            step.done.set_exception(what)
        else:
            step.done.set_result(what)
