"""The one that is asked: chooses who answers, has it answered, has it logged, and only then gives the answer.

Lives on an event loop; the models run on the runners' threads, and the log is written on one of its own.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

from pipeline.errors import InputError, SignloopError
from pipeline.params import Log, Serve
from registry import versions
from registry.store import Store, insist_on
from serving.answering.following import Following
from serving.answering.journal import Journal
from serving.answering.lineup import Lineup
from serving.answering.questions import Question, Reply, Role, Source
from serving.answering.replies import replies
from serving.answering.runners import Runners
from serving.answering.served import Outputs, Served, load
from serving.bodies.clips import Clips
from serving.bodies.takes import Takes
from serving.metrics import Metrics
from serving.problems import ProblemError, busy
from serving.requests import NOW

logger = logging.getLogger(__name__)
SHADOWS = 0.5  # of the queue: fuller, nobody is answered in the shadow


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks, and how: what a route knows besides the clips.

    id      of the request; in the log too, unless it was in it already
    client  an HMAC of who asks, "" unknown
    version None: whoever is in Production
    keep    whether the clips are to be kept
    logged  False: a draft, or part of an answer that is recorded by itself, as a stream's
    """

    id: str
    source: Source
    client: str = ""
    version: int | None = None
    keep: bool = False
    logged: bool = True
    top: int = 3


class Host:
    """Answers for every track of a registry."""

    def __init__(
        self,
        store: Store,
        tracks: Sequence[str],
        serve: Serve,
        log: Log,
        journal: Journal | None,
        metrics: Metrics | None = None,
    ) -> None:
        self.serve, self.log, self.journal, self.metrics = serve, log, journal, metrics or Metrics()
        self.lineups = {track: Lineup(track, serve.max_pinned) for track in tracks}
        self._store = store
        self.following = Following(
            store, self.lineups, seconds=serve.follow_s, device=serve.device, looked=lambda: self.metrics.look(self)
        )
        self.runners = Runners(serve, self._finish)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Loads what is in Production, and stands ready; called on the event loop that asks."""
        self._loop = asyncio.get_running_loop()
        self.following.start()
        self.runners.start()

    def close(self) -> None:
        """Answers what waits, and writes it."""
        self.following.close()
        self.runners.close()
        if self.journal:
            self.journal.close()

    def lineup(self, track: str) -> Lineup:
        if track not in self.lineups:
            raise ProblemError(404, f"no track '{track}'. Served here: {', '.join(self.lineups)}.")
        return self.lineups[track]

    def answering(self, track: str) -> Served:
        """Returns who is in Production.

        Raises: ProblemError for an unknown track, or where nothing is.
        """
        return self.lineup(track).choose("", "", 0)[0]

    def takes(self, track: str) -> Takes:
        """Returns what a track's clips are made of; raises as `answering`."""
        return self.answering(track).takes

    async def serving(self, track: str, asked: Asked) -> tuple[Served, Role]:
        """Returns who answers, and as what.

        Raises: ProblemError for an unknown track or version, or where nothing is in Production.
        """
        lineup = self.lineup(track)
        if asked.version is None:
            return lineup.choose(asked.client, asked.id, self.serve.canary)
        number = asked.version
        return await asyncio.to_thread(self._pinned, lineup, number), "pinned"

    async def ask(self, track: str, clips: Sequence[Clips], asked: Asked) -> list[Reply]:
        """Returns a reply for each of the batches of clips, after all of them are in the log.

        Raises: ProblemError where nobody answers, or there is too much to do.
        """
        served, role = await self.serving(track, asked)
        return await self.ask_of(served, role, clips, asked)

    async def ask_of(self, served: Served, role: Role, clips: Sequence[Clips], asked: Asked) -> list[Reply]:
        """As `ask`, of a version that was chosen before."""
        assert self._loop is not None
        if seen := NOW.get():
            seen.track, seen.version, seen.role = served.track, served.version, role
        common = {name: getattr(asked, name) for name in ("source", "client", "keep", "logged", "top")}
        ids = [asked.id] if len(clips) == 1 else [f"{asked.id}.{i}" for i in range(len(clips))]
        questions = [
            Question(id=id, clips=some, served=served, role=role, answered=self._loop.create_future(), **common)
            for id, some in zip(ids, clips, strict=True)
        ]
        if not self.runners.put(*questions):
            raise busy(f"{self.runners.num_waiting} clips wait to be answered already.")
        answers = list(await asyncio.gather(*(question.answered for question in questions if question.answered)))
        if seen and (named := [answer.id for answer in answers]) != ids:
            seen.prediction = ",".join(named)
        if role != "shadow" and self.serve.shadow and asked.version is None and asked.logged:
            self._in_the_shadow(served, clips, [answer.id for answer in answers], common)
        return answers

    async def record(self, question: Question, reply: Reply) -> None:
        """Has an answer that came about elsewhere, a stream's, written, and answered in the shadow.

        Raises: what kept it from the log.
        """
        assert self._loop is not None
        if self.journal is not None:
            question.answered = self._loop.create_future()
            self.journal.write([question], [reply], self._tell)
            await question.answered
        if self.serve.shadow and question.role != "pinned":
            common = {"source": question.source, "client": question.client, "keep": question.keep, "top": question.top}
            self._in_the_shadow(question.served, [question.clips], [question.id], common)

    def _pinned(self, lineup: Lineup, number: int) -> Served:
        def found() -> Served:
            insist_on(self._store)
            version = versions.find(self._store, lineup.track, number=number)
            if version is None:
                raise ProblemError(404, f"'{lineup.track}' has no version {number}. List: signloop models list.")
            try:
                return load(self._store, version, device=self.serve.device)
            except InputError as error:  # what is wrong with a version is not wrong with the request
                raise ProblemError(503, str(error)) from error

        return lineup.pinned(number, found)

    def _in_the_shadow(self, of: Served, clips: Sequence[Clips], ids: Sequence[str], common: dict[str, Any]) -> None:
        for id, some in zip(ids, clips, strict=True):
            if candidate := self.lineups[of.track].shadow(id, self.serve.shadow, of):
                question = Question(id=uuid4().hex, clips=some, served=candidate, role="shadow", of=id, **common)
                self.runners.put(question, share=SHADOWS)

    def _finish(self, questions: Sequence[Question], outputs: Outputs | BaseException) -> None:
        """Has answers written, each by itself, and told after that; called on a runner's thread."""
        try:
            if isinstance(outputs, BaseException):
                raise outputs
            said = replies(questions, outputs, now_s=perf_counter())
            self.metrics.batch(questions[0].served.track, sum(len(question.clips) for question in questions))
        except Exception as error:  # of a model: another shape than its contract says, say
            logger.error("version %d does not answer", questions[0].served.version, exc_info=error)
            for question in questions:
                self._tell(question, error)
            return
        if self.journal is not None:
            self._write(self.journal, questions, said)
            return
        for question, reply in zip(questions, said, strict=True):
            self._tell(question, reply)

    def _write(self, journal: Journal, questions: Sequence[Question], said: Sequence[Reply]) -> None:
        """Has those written that are to be; the others are told at once."""
        logged = [i for i, question in enumerate(questions) if question.logged]
        for question, reply in zip(questions, said, strict=True):
            if not question.logged:
                self._tell(question, reply)
        if logged:
            journal.write([questions[i] for i in logged], [said[i] for i in logged], self._tell)

    def _tell(self, question: Question, ended: Reply | BaseException) -> None:
        """Wakes on the event loop whoever waits; from any thread."""
        seconds = perf_counter() - question.came_s
        self.metrics.ended(question, ended, seconds, logged=self.journal is not None and question.logged)
        if question.answered is None:
            if isinstance(ended, BaseException):
                logger.warning("the answer of %s in the shadow of '%s' is lost: %s", *_of(question), ended)
            return
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_wake, question, ended)
        except RuntimeError:
            logger.warning("an answer came after the server had ended")  # the loop is closed


def _of(question: Question) -> tuple[str, str | None]:
    return f"'{question.served.track}' version {question.served.version}", question.of


def _wake(question: Question, ended: Reply | BaseException) -> None:
    assert question.answered is not None
    if question.answered.done():  # who asked has gone
        return
    if isinstance(ended, Reply):
        question.answered.set_result(ended)
    elif isinstance(ended, SignloopError):
        question.answered.set_exception(ended)
    else:
        why = f"'{question.served.track}' version {question.served.version} did not answer; the log says why."
        question.answered.set_exception(ProblemError(500, why))
