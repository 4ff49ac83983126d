"""One WebSocket, read as fast as it sends and answered as fast as it can be: two tasks and what waits between them."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from monitoring.log.clients import client_key
from pipeline.errors import InputError, SignloopError
from pipeline.params import Serve
from serving.answering.host import Host
from serving.asking import client_of
from serving.problems import ProblemError, busy
from serving.stream.messages import Command, Frame, Message, Picture, Start, read
from serving.stream.session import Session
from serving.stream.stepping import Stepping
from serving.stream.waiting import Closed, Waiting

log = logging.getLogger(__name__)
PATIENCE = 10  # messages in a row that are none, then the stream is closed

DONE, REFUSED, TOO_LONG, FAULT, ANEW, BUSY = 1000, 1008, 1009, 1011, 1012, 1013  # codes of RFC 6455, 7.4, and of IANA's
CODES = {404: REFUSED, 409: ANEW, 500: FAULT, 503: BUSY}  # by the HTTP status that a request would have had


@dataclass(frozen=True)
class Closing:
    """The stream is to end, for this reason."""

    code: int
    why: str


Said = Command | Picture | InputError | Closing  # what is dealt with between frames, in its turn


class Streams:
    """All streams of this process: how many, and the thread that they share."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.stepping = Stepping(host.serve.max_batch)
        self.open = 0

    def close(self) -> None:
        self.stepping.close()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Counts a stream for as long as it is open.

        Raises: ProblemError where there are as many as there may be.
        """
        if self.open >= self.host.serve.max_streams:
            raise busy(f"{self.open} streams are open already, and no more are taken.", 10)
        self.open += 1
        self.host.metrics.streams.inc()
        try:
            yield
        finally:
            self.open -= 1
            self.host.metrics.streams.dec()


class Conversation:
    """What one WebSocket says and is told."""

    def __init__(self, websocket: WebSocket, streams: Streams, track: str) -> None:
        self._websocket, self._streams, self._track = websocket, streams, track
        self._serve: Serve = streams.host.serve
        self._waiting: Waiting[Said] = Waiting(self._serve.stream_queue)
        self._pace = Pace(self._serve.stream_fps)
        self._problems = 0  # in a row
        self._counted = 0  # of the frames that were dropped

    async def hold(self) -> None:
        """Converses until either has had enough; whatever goes wrong is told, and logged where it is our fault."""
        try:
            await self._converse()
        except WebSocketDisconnect:
            pass
        except Exception as error:  # of a model, a log, a mistake of ours: it ends one stream and nothing else
            await self._fail(error)

    async def _converse(self) -> None:
        session, first = await self._begin()
        if session is None:
            return
        reading = asyncio.create_task(self._read(session.served.takes.row[0], first))
        try:
            while not isinstance(item := await self._waiting.take(), Closed):
                if not await self._answer(session, item):
                    return
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _begin(self) -> tuple[Session | None, Message | None]:
        """Waits for the first message; one that is no start begins a stream as usual, and is its first."""
        host = self._streams.host
        points = host.takes(self._track).row[0]
        while not isinstance(said := await self._next(points), Closed):
            if isinstance(said, InputError | Closing):
                if not await self._tell_problem(said):
                    break
                continue
            start = said if isinstance(said, Start) else Start()
            session = Session(host, self._streams.stepping, self._track, start, self._client(start))
            await self._tell(await session.begin())
            return session, None if said is start else said
        return None, None

    def _client(self, start: Start) -> str:
        secret = self._websocket.app.state.settings.secret
        return client_key(secret, start.client) if start.client else client_of(self._websocket)

    async def _read(self, points: int, first: Message | None) -> None:
        """Puts all that comes where it waits for its turn."""
        said: Message | InputError | Closing | Closed = first if first is not None else await self._next(points)
        while not isinstance(said, Closed):
            if isinstance(said, Start):
                said = InputError("a stream starts once. Open another one, or send picture or reset.")
            if isinstance(said, Frame):
                self._streams.host.metrics.frames.inc()
            if isinstance(said, Frame) and not self._pace.allows():
                self._waiting.dropped += 1
            else:
                await self._waiting.put(said)
            if said == "end" or isinstance(said, Closing):
                return self._waiting.close()
            said = await self._next(points)
        return self._waiting.close(now=True)  # nobody is there to be told

    async def _next(self, points: int) -> Message | InputError | Closing | Closed:
        """Returns the next message, or what is wrong with it."""
        try:
            async with asyncio.timeout(self._serve.stream_idle_s):
                event = await self._websocket.receive()
        except TimeoutError:
            return Closing(REFUSED, f"nothing was sent for {self._serve.stream_idle_s:g} s. Start a new stream.")
        if event["type"] == "websocket.disconnect":
            return Closed()
        text = event.get("text")
        content = event.get("bytes", b"") if text is None else text
        if len(content) > self._serve.max_message_kb * 1024:
            return Closing(TOO_LONG, f"a message is longer than {self._serve.max_message_kb} KiB. Send shorter ones.")
        try:
            return read(content, points)
        except InputError as error:
            return error

    async def _answer(self, session: Session, item: Frame | Said) -> bool:
        """Deals with what came next; False when it was the last."""
        if isinstance(item, InputError | Closing):
            return await self._tell_problem(item)
        try:
            told = await self._told(session, item)
        except InputError as error:  # of a frame that comes before its time
            return await self._tell_problem(error)
        self._problems = 0
        if told is not None:
            await self._tell(told)
        if item == "end":
            await self._websocket.close(DONE)
        return item != "end"

    async def _told(self, session: Session, item: Frame | Command | Picture) -> dict[str, Any] | None:
        match item:
            case Frame():
                told = await session.push(item)
                return None if told is None else {**told, "dropped": self._dropped(session)}
            case Picture():
                return session.look_through(item)
            case "reset":
                return await session.reset()
            case "end":
                return session.end(self._dropped(session))

    def _dropped(self, session: Session) -> int:
        """Returns how many frames nobody has looked at, and has those counted that came to them."""
        dropped = self._waiting.dropped + session.skipped
        self._streams.host.metrics.dropped.inc(dropped - self._counted)
        self._counted = dropped
        return dropped

    async def _tell(self, told: dict[str, Any]) -> None:
        await self._websocket.send_text(orjson.dumps(told).decode())

    async def _tell_problem(self, what: InputError | Closing) -> bool:
        """Says what is wrong; False when the stream was closed for it."""
        if isinstance(what, InputError):
            self._problems += 1
            if self._problems < PATIENCE:
                await self._tell({"type": "problem", "detail": str(what)})
                return True
            what = Closing(REFUSED, f"{what} That was the {PATIENCE}th such message in a row.")
        await self._tell({"type": "problem", "detail": what.why, "code": what.code})
        await self._websocket.close(what.code)
        return False

    async def _fail(self, error: Exception) -> None:
        if isinstance(error, ProblemError):
            closing = Closing(CODES.get(error.status, FAULT), str(error))
        elif isinstance(error, SignloopError):
            log.error("a stream of '%s' ends: %s", self._track, error)
            closing = Closing(BUSY, "The server cannot answer at the moment; its log says why. Try again in 5 s.")
        else:
            log.error("a stream of '%s' failed", self._track, exc_info=error)
            closing = Closing(FAULT, "A fault of the server's own; its log says which.")
        with suppress(WebSocketDisconnect, RuntimeError):  # it has gone, and Starlette says so in two ways
            await self._tell_problem(closing)


class Pace:
    """Lets so many a second through, and a second's worth at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s, self._left, self._at_s = per_s, max(1.0, per_s), monotonic()

    def allows(self) -> bool:
        now_s = monotonic()
        self._left = min(max(1.0, self._per_s), self._left + self._per_s * (now_s - self._at_s))
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
