import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.params import Serve
from serving.answering.questions import Question
from serving.answering.runners import Runners
from serving.answering.served import Served
from tests.serving.factories import label_of, question, served


class Finished:
    """Batches in the order in which they ended."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[Question], Any]] = []
        self._changed = threading.Condition()

    def __call__(self, questions: Sequence[Question], outputs: Any) -> None:
        with self._changed:
            self.batches.append((list(questions), outputs))
            self._changed.notify_all()

    def wait(self, count: int) -> list[list[str]]:
        """Returns the ids of each batch, once so many questions have ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: sum(len(q) for q, _ in self.batches) >= count, 60)
            return [[q.id for q in questions] for questions, _ in self.batches]


class Gate:
    """Holds the model's first run until it is opened, so that what comes meanwhile waits."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()

    def in_front_of(self, of: Served) -> Served:
        run = of.predictor.run

        def gated(feeds: Any) -> Any:
            self.entered.set()
            assert self.open.wait(60)
            return run(feeds)

        object.__setattr__(of.predictor, "run", gated)
        return of


@contextmanager
def running(finish: Any, **bounds: Any) -> Iterator[Runners]:
    runners = Runners(Serve(**{"threads": 1, **bounds}), finish)
    runners.start()
    try:
        yield runners
    finally:
        runners.close()


@contextmanager
def held(finish: Finished, of: Served, **bounds: Any) -> Iterator[tuple[Runners, Gate]]:
    """Yields runners whose only thread is at work on a question `first` until the gate is opened."""
    gate = Gate()
    gate.in_front_of(of)
    with running(finish, **bounds) as runners:
        try:
            assert runners.put(question(of, id="first"))
            assert gate.entered.wait(60)
            yield runners, gate
        finally:
            gate.open.set()


def test_what_waits_goes_together_by_version_and_length_oldest_first(tmp_path: Path) -> None:
    one, two, finished = served(tmp_path, 0), served(tmp_path, 1, version=2), Finished()
    with held(finished, one) as (runners, gate):
        for id, of, frames in (("a", one, 1), ("b", one, 4), ("c", two, 1), ("d", one, 1), ("e", one, 4)):
            assert runners.put(question(of, id=id, frames=frames))
        assert runners.num_waiting == 5
        gate.open.set()
        assert finished.wait(6) == [["first"], ["a", "d"], ["b", "e"], ["c"]]
        assert runners.num_waiting == 0


def test_a_batch_has_its_bound_and_a_question_is_never_cut(tmp_path: Path) -> None:
    of, finished = served(tmp_path), Finished()
    with held(finished, of, max_batch=3) as (runners, gate):
        for id, clips in (("a", 2), ("b", 2), ("c", 1), ("d", 5), ("e", 1)):
            assert runners.put(question(of, id=id, clips=clips))
        gate.open.set()
        assert finished.wait(6) == [["first"], ["a", "c"], ["b", "e"], ["d"]]


def test_in_int8_a_question_goes_by_itself(tmp_path: Path) -> None:
    plain, finished = served(tmp_path), Finished()
    of = replace(plain, predictor=replace(plain.predictor, contract=replace(plain.contract, precision="int8")))
    with held(finished, of) as (runners, gate):
        for id in ("a", "b"):
            assert runners.put(question(of, id=id))
        gate.open.set()
        assert finished.wait(3) == [["first"], ["a"], ["b"]]


def test_each_question_gets_its_own_answer_from_a_crowd(tmp_path: Path) -> None:
    finished, models = Finished(), [served(tmp_path, number, version=number) for number in (0, 1)]
    asked: list[tuple[Question, int]] = []
    rng = np.random.default_rng(0)
    for number in range(400):
        label, of = int(rng.integers(3)), models[rng.integers(2)]
        asked.append((question(of, label, id=str(number), frames=int(rng.integers(1, 3))), label))
    with running(finished, threads=4, max_queue=1000) as runners:
        askers = [
            threading.Thread(target=lambda part=part: [runners.put(q) for q, _ in asked[part::8]]) for part in range(8)
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        finished.wait(400)
    labels = {q.id: label for q, label in asked}
    for questions, outputs in finished.batches:
        logits, seen = outputs["logits"], outputs["seen"]
        assert len(questions) == len(logits) == len(seen)
        assert len({(q.served.version, q.clips.frames) for q in questions}) == 1
        assert [label_of(row) for row in logits] == [labels[q.id] for q in questions]
    assert Counter(q.id for questions, _ in finished.batches for q in questions) == Counter(list(labels))


def test_a_free_thread_waits_for_company_and_no_longer_than_it_may(tmp_path: Path) -> None:
    of, finished = served(tmp_path), Finished()
    with running(finished, max_batch=2, max_wait_ms=1000) as runners:
        for id in "ab":
            assert runners.put(question(of, id=id))
        assert finished.wait(2) == [["a", "b"]]  # full before its time
    with running(finished, max_batch=2, max_wait_ms=20) as runners:
        assert runners.put(question(of, id="alone"))
        assert finished.wait(3)[1:] == [["alone"]]


def test_more_than_may_wait_is_refused_whole(tmp_path: Path) -> None:
    of, finished = served(tmp_path), Finished()
    with held(finished, of, max_queue=4) as (runners, gate):
        assert runners.put(question(of, id="large", clips=9))  # nothing waits: a bound refuses no single request
        assert not runners.put(question(of))
        gate.open.set()
        finished.wait(2)
    with held(finished, of, max_queue=4) as (runners, gate):
        assert runners.put(question(of, id="a", clips=2))
        assert not runners.put(question(of, id="b"), question(of, id="c"), question(of, id="d"))
        assert not runners.put(question(of, id="shadow"), share=0.5)
        assert runners.put(question(of, id="b"), question(of, id="c"))
        assert runners.num_waiting == 4
        gate.open.set()
        assert finished.wait(6)[-1] == ["a", "b", "c"]


def test_what_a_model_raises_reaches_its_questions_and_the_next_are_answered(tmp_path: Path) -> None:
    def fails(feeds: Any) -> Any:
        raise RuntimeError("no")

    broken, finished = served(tmp_path, run=fails), Finished()
    with running(finished) as runners:
        assert runners.put(question(broken, id="a"))
        assert finished.wait(1) == [["a"]]
        assert isinstance(finished.batches[0][1], RuntimeError)
        assert runners.put(question(served(tmp_path, 1), id="b"))
        assert finished.wait(2) == [["a"], ["b"]]


def test_a_thread_outlives_whoever_takes_its_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    of, finished = served(tmp_path), Finished()

    def finish(questions: Sequence[Question], outputs: Any) -> None:
        if questions[0].id == "a":
            raise RuntimeError("no")
        finished(questions, outputs)

    with running(finish) as runners:
        assert runners.put(question(of, id="a", frames=2))
        assert runners.put(question(of, id="b"))
        assert finished.wait(1) == [["b"]]
    assert "answers of version 1 were lost" in caplog.text


def test_what_waits_at_the_end_is_answered_and_nothing_after_it(tmp_path: Path) -> None:
    of, finished = served(tmp_path), Finished()
    with held(finished, of) as (runners, _):
        assert runners.put(question(of, id="last"))
    assert finished.wait(2) == [["first"], ["last"]]
    assert not runners.put(question(of, id="late"))
