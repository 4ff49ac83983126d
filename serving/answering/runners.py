"""Threads that run models: questions of one version and one length go through it together, oldest first.

A free thread takes at once what waits, and what comes while all are at work makes the next batch: so a lone question is
not held up, and a crowd fills the batches by itself. `max_wait_ms` has a free thread wait for company besides.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter

from pipeline.params import Serve
from serving.answering.questions import Question
from serving.answering.served import Outputs
from serving.bodies.clips import joined

log = logging.getLogger(__name__)

# Takes questions that were answered together, the model's outputs [B, …]; or what went wrong in their place.
Finish = Callable[[Sequence[Question], Outputs | BaseException], None]


class Runners:
    """A bounded number of threads over one bounded queue; `finish` is called from them."""

    def __init__(self, bounds: Serve, finish: Finish) -> None:
        self._bounds, self._finish = bounds, finish
        self._waiting: deque[Question] = deque()
        self._clips = 0  # that wait
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, name=f"runner-{i}") for i in range(bounds.threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends when all that waits has been answered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    @property
    def num_waiting(self) -> int:
        return self._clips

    def put(self, *questions: Question, share: float = 1.0) -> bool:
        """Queues all of the questions or none; False where that many clips wait already: `share` of the bound."""
        count = sum(len(question.clips) for question in questions)
        with self._changed:
            full = self._waiting and self._clips + count > share * self._bounds.max_queue
            if self._closed or full:
                return False
            self._waiting += questions
            self._clips += count
            self._changed.notify(len(questions))
        return True

    def _work(self) -> None:
        while questions := self._take():
            try:
                together = joined([question.clips for question in questions])
                outputs = questions[0].served.answer(together)
            except Exception as error:  # ONNX Runtime's own have no common type; whoever asked is to hear of it
                outputs = error
            try:
                self._finish(questions, outputs)
            except Exception:  # the thread goes on: without it, nobody after these would be answered
                log.exception("answers of version %d were lost", questions[0].served.version)

    def _take(self) -> list[Question]:
        """Waits for work and returns what goes together with the oldest; nothing at the end."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
                self._wait_for_company()
            return self._together()

    def _wait_for_company(self) -> None:
        while self._waiting and self._clips < self._bounds.max_batch and not self._closed:
            left_s = self._bounds.max_wait_ms / 1000 - (perf_counter() - self._waiting[0].came_s)
            if left_s <= 0:
                return
            self._changed.wait(left_s)

    def _together(self) -> list[Question]:
        oldest = self._waiting.popleft()
        chosen, others, count = [oldest], deque[Question](), len(oldest.clips)
        while self._waiting:
            question = self._waiting.popleft()
            alike = question.served is oldest.served and question.clips.frames == oldest.clips.frames
            if alike and oldest.served.takes_company and count + len(question.clips) <= self._bounds.max_batch:
                chosen.append(question)
                count += len(question.clips)
            else:
                others.append(question)
        self._waiting = others
        self._clips -= count
        return chosen
