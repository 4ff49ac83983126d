"""What of a question and its reply goes into the prediction log: figures a person understands, and rarely the input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from monitoring.log.database import Database
from monitoring.log.entry import Entry
from monitoring.log.inputs import pack
from monitoring.log.reused import Used
from monitoring.log.writer import TakenError, Writer
from pipeline.summary import figures
from serving.answering.questions import Question, Reply, numbered
from serving.bodies.clips import Clips, joined

Figures = dict[str, float | str | None]
Tell = Callable[[Question, Reply | BaseException], None]


class Journal:
    """Writes questions with their replies."""

    def __init__(self, writer: Writer, *, keep_all: bool, keep_inputs_days: int) -> None:
        self._writer, self._keep_all, self._days = writer, keep_all, keep_inputs_days
        self._used = Used()

    @property
    def database(self) -> Database:
        return self._writer.database

    def write(self, questions: Sequence[Question], said: Sequence[Reply], tell: Tell) -> None:
        """Queues what was answered together, each question by itself: what is wrong with one harms no other.

        tell  is called with the reply when it is on disk, under the id that it has there, or with what kept it from it
        """
        try:
            measured = _figures(questions)
        except Exception as error:  # whatever keeps an answer from the log keeps it from whoever asked
            for question in questions:
                tell(question, error)
            return
        first = 0
        for question, reply in zip(questions, said, strict=True):
            own = measured[first : (first := first + len(reply.answers))]
            self._put(question, reply, own, tell)

    def _put(self, question: Question, reply: Reply, measured: Sequence[Figures], tell: Tell) -> None:
        """Queues one under an id that is free, as far as is known; `_done` tries the next where it was not."""
        reply = replace(reply, id=self._used.free(question.id, question.client))
        try:
            self._writer.put(
                self._entries(question, reply, measured), partial(self._done, question, reply, measured, tell)
            )
        except Exception as error:  # as above: a full queue, an id that is none
            tell(question, error)

    def _done(
        self, question: Question, reply: Reply, measured: Sequence[Figures], tell: Tell, error: BaseException | None
    ) -> None:
        taken = isinstance(error, TakenError)
        if error is None or taken:
            self._used.note(reply.id)
        if taken:
            self._put(question, reply, measured, tell)
        else:
            tell(question, reply if error is None else error)

    @property
    def num_waiting(self) -> int:
        """Predictions that are not on disk yet."""
        return self._writer.num_waiting

    @property
    def num_commits(self) -> int:
        return self._writer.num_commits

    def close(self) -> None:
        self._writer.close()

    def _entries(self, question: Question, reply: Reply, measured: Sequence[Figures]) -> list[Entry]:
        safe = np.clip(reply.probabilities, 1e-12, 1)
        entropy = -(safe * np.log(safe)).sum(1)
        kept = (self._keep_all or question.keep) and question.of is None  # a shadow's clip is that of what it follows
        followed = numbered(question.of, len(reply.ids)) if question.of else [None] * len(reply.ids)
        until = datetime.now(UTC) + timedelta(days=self._days) if kept else None
        return [
            Entry(
                id=id,
                time=question.came,
                track=question.served.track,
                version=question.served.version,
                role=reply.role,
                of=followed[i],
                label=answer.label,
                confidence=answer.score if answer.top else None,
                top=answer.top,
                entropy=float(entropy[i]) if answer.top else None,
                uncertain=answer.uncertain,
                figures=measured[i],
                latency_ms=reply.latency_ms,
                client=question.client,
                source=question.source,
                inputs=_packed(question.clips, i) if kept else None,
                until=until,
            )
            for i, (id, answer) in enumerate(zip(reply.ids, reply.answers, strict=True))
        ]


def _figures(questions: Sequence[Question]) -> list[Figures]:
    """Returns the named figures of every clip; None for what a clip does not let be measured."""
    columns = figures(joined([question.clips for question in questions]).samples())
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {name: None if value != value else value for name, value in zip(columns, row, strict=True)}  # NaN is not itself
        for row in rows
    ]


def _packed(clips: Clips, i: int) -> bytes:
    """Returns one clip as the log keeps it."""
    said = {name: float(column[i]) for name, column in clips.columns.items()}
    return pack(clips.values[i], clips.takes.form, **said)
