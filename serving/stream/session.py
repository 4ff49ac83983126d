"""One signer on one stream: which version looks, what it has made of the frames so far, and what is told of it.

The log has an entry for each letter or sign that was *committed*, before it is told, and none for a frame. What a
signer means is what was held; thirty frames a second of one held letter say the same thirty times, would drown single
answers in every count that drift is judged by, and their landmarks' figures hardly differ. An entry's figures are those
of the frames that the answer rests on, its label and probabilities the smoothed ones that were told.
"""

from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any
from uuid import uuid4

import numpy as np

from pipeline.contract import NO_HAND
from pipeline.errors import InputError
from pipeline.predictor import Answer
from pipeline.spelling import Spelled, Speller, Word
from serving.answering.host import Asked, Host
from serving.answering.questions import Question, Reply, Role
from serving.answering.served import Served
from serving.bodies.clips import Clips
from serving.problems import ProblemError
from serving.stream.messages import Frame, Picture, Start
from serving.stream.recognising import HOP_MS, Probabilities, Recognizer, Stateful, Windowed
from serving.stream.stepping import Stepping

QUIET_S = 0.5  # without a hand: between two signs, and not a frame in which one was missed
KEPT_WORDS = 200  # of the text; a stream may go on for days
LONGEST = 64  # letters after which a word ends by itself


@dataclass
class Told:
    """What a stream has come to."""

    frames: int = 0
    answers: int = 0
    committed: int = 0


class Session:
    """Takes frames in their order, one at a time."""

    def __init__(self, host: Host, stepping: Stepping, track: str, start: Start, client: str) -> None:
        self.id, self.track, self.start, self.told = uuid4().hex, track, start, Told()
        self.picture = start.picture
        self._host, self._stepping = host, stepping
        self._client = client
        self._speller = Speller(start.rules, start.words)
        self._seen_s: float | None = None  # when a hand was last seen
        self._time_s: float | None = None
        self._answered_s = -inf
        self._skipped = 0
        self.served: Served
        self.role: Role
        self._recognizer: Recognizer

    @property
    def skipped(self) -> int:
        """Frames that nobody had time to answer."""
        return self._skipped

    async def begin(self) -> dict[str, Any]:
        """Chooses who answers; returns what a client is told of it.

        Raises: ProblemError where nobody answers.
        """
        self.served, self.role = await self._choose()
        self._recognizer = self._made()
        contract = self.served.contract
        return {
            "type": "started",
            "id": self.id,
            "track": self.track,
            "version": self.served.version,
            "role": self.role,
            "model": contract.model,
            "skeleton": contract.form,
            "points": self.served.takes.row[0],
            "classes": contract.class_names,
        }

    async def push(self, frame: Frame) -> dict[str, Any] | None:
        """Returns what is to be told after this frame, if anything is.

        Raises: InputError when time goes backwards, ProblemError when a committed letter cannot be logged.
        """
        begun_s = perf_counter()
        self._follow(frame.time_s)
        self.told.frames += 1
        probabilities = await self._recognizer.push(frame)
        if probabilities is None:
            return None
        spelled = self._speller.push(frame.time_s, probabilities)
        ended = (*spelled.ended, *self._shortened(spelled))
        id = await self._logged(spelled, begun_s) if spelled.committed is not None else None
        told = self._answer(frame.time_s, spelled, ended, bool(probabilities), id)
        await self._settle(frame.time_s, spelled, bool(probabilities))
        return told

    def look_through(self, picture: Picture) -> None:
        """Takes over what is known of the camera now."""
        self.picture = self._recognizer.picture = picture

    async def reset(self) -> dict[str, Any]:
        """Forgets frames and text."""
        self._speller.reset()
        self._recognizer.reset()
        self._time_s = self._seen_s = None
        self._answered_s = -inf
        await self._take_up()
        return {"type": "reset", "version": self.served.version, "role": self.role}

    def end(self, dropped: int) -> dict[str, Any]:
        """Ends the word that is on its way, and sums up."""
        spelled = self._speller.end_word()
        return {
            "type": "summary",
            "id": self.id,
            "frames": self.told.frames,
            "answers": self.told.answers,
            "committed": self.told.committed,
            "dropped": dropped,
            "ended": _words(spelled.ended),
            "text": spelled.text,
            "version": self.served.version,
        }

    def _follow(self, time_s: float) -> None:
        """Has time go on; what nobody looked at for too long is not remembered."""
        before_s = time_s if self._time_s is None else self._time_s
        if time_s < before_s:
            raise InputError(f"t: a frame of {time_s} s comes after one of {before_s} s. Send frames in their order.")
        if time_s - before_s > self.start.rules.gap_s:
            self._recognizer.reset()
        self._time_s = time_s

    def _answer(
        self, time_s: float, spelled: Spelled, ended: tuple[Word, ...], seen: bool, id: str | None
    ) -> dict[str, Any] | None:
        """Returns the answer, unless the last one was a moment ago and there is no news."""
        every_s = (self.start.every_ms or 0) / 1000
        if spelled.committed is None and not ended and time_s - self._answered_s < every_s:
            return None
        self._answered_s = time_s
        self.told.answers += 1
        top = [{"label": label, "probability": value} for label, value in spelled.ranked[: self.start.top]]
        return {
            "type": "answer",
            "t": time_s,
            "id": id,
            "label": spelled.ranked[0][0] if seen and spelled.ranked else NO_HAND,
            "top": top,
            "seen": seen,
            "held": spelled.held,
            "progress": spelled.progress,
            "committed": spelled.committed,
            "letters": spelled.letters,
            "text": spelled.text,
            "ended": _words(ended),
            "version": self.served.version,
            "role": self.role,
        }

    def _shortened(self, spelled: Spelled) -> tuple[Word, ...]:
        """Keeps text and word from growing without end; returns a word that was ended for it."""
        ended = self._speller.end_word().ended if len(spelled.letters) >= LONGEST else ()
        self._speller.forget(keep=KEPT_WORDS)
        return ended

    async def _logged(self, spelled: Spelled, begun_s: float) -> str:
        """Has what was committed written into the log; returns its id."""
        assert spelled.committed is not None
        self.told.committed += 1
        question = Question(
            id=f"{self.id}.{self.told.committed}",
            clips=self._recognizer.clip(),
            served=self.served,
            role=self.role,
            source="stream",
            client=self._client,
            keep=self.start.store,
            top=self.start.top,
        )
        known = dict(spelled.ranked)
        names = self.served.contract.class_names
        probabilities = np.array([[known.get(name, 0.0) for name in names]])
        score = known[spelled.committed]
        uncertain = self.served.predictor.calibration.uncertain(score)
        answer = Answer(spelled.committed, score, spelled.ranked[: self.start.top], 1.0, uncertain)
        reply = Reply(
            version=self.served.version,
            role=self.role,
            outputs={
                "logits": np.log(np.maximum(probabilities, 1e-12)).astype(np.float32),
                "seen": np.ones(1, np.float32),
            },
            probabilities=probabilities,
            answers=(answer,),
            id=question.id,
            latency_ms=1000 * (perf_counter() - begun_s),
        )
        await self._host.record(question, reply)
        return question.id

    async def _settle(self, time_s: float, spelled: Spelled, seen: bool) -> None:
        """Between two signs forgets the one before, and takes up a version that has come meanwhile."""
        if seen:
            self._seen_s = time_s
        if spelled.left is not None:  # a model with a memory is trained on clips of one letter
            self._recognizer.reset()
        quiet = not seen and (self._seen_s is None or time_s - self._seen_s >= QUIET_S)
        if spelled.left is not None or quiet:
            await self._take_up()

    async def _take_up(self) -> None:
        try:
            served, role = await self._choose()
        except ProblemError:  # nothing is in Production at the moment: who looks now goes on
            return
        if served is self.served:
            self.role = role
            return
        if served.contract.form != self.served.contract.form:
            raise ProblemError(
                409, f"'{self.track}' reads the points of '{served.contract.form}' now. Start a new stream."
            )
        self.served, self.role = served, role
        self._recognizer = self._made()

    async def _choose(self) -> tuple[Served, Role]:
        asked = Asked(id=self.id, source="stream", client=self._client, version=self.start.version)
        return await self._host.serving(self.track, asked)

    def _made(self) -> Recognizer:
        if self.served.steps is not None and self.start.window_s is None:
            return Stateful(self.served, self.picture, self._stepping, hold_s=self.start.rules.hold_s)
        hop_ms = HOP_MS if self.start.every_ms is None else self.start.every_ms
        return Windowed(self.served, self.picture, self._ask, window_s=self.start.window_s, hop_s=hop_ms / 1000)

    async def _ask(self, clips: Clips) -> Probabilities | None:
        """Has a window answered among all other clips; it is no prediction yet, and goes into no log."""
        asked = Asked(id=self.id, source="stream", client=self._client, logged=False, version=self.served.version)
        try:
            (reply,) = await self._host.ask_of(self.served, self.role, [clips], asked)
        except ProblemError as error:
            if error.status != 503:
                raise
            self._skipped += 1
            return None
        return reply.probabilities[0]


def _words(words: tuple[Word, ...]) -> list[dict[str, str | None]]:
    return [{"text": word.text, "spelled": word.spelled} for word in words]
