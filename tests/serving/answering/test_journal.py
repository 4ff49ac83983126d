"""What is in the log of an answer, and that nothing is answered that is not in it."""

import io
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import text

from monitoring.log.database import Database
from monitoring.log.reused import second
from monitoring.log.writer import Writer
from pipeline.errors import InputError, SignloopError
from serving.answering.journal import Journal
from serving.answering.questions import Question, Reply
from serving.answering.replies import replies
from tests.serving.factories import clip, question, served

Ended = dict[str, Reply | BaseException]


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'predictions.db'}"


def written(journal: Journal, *questions: Question, spoil: bool = False) -> Ended:
    """Answers questions with their model, has them written, and returns what each was told."""
    each = [_run(q) for q in questions]
    outputs = {name: np.concatenate([own[name] for own in each]) for name in each[0]}
    if spoil:
        outputs["seen"] = np.zeros_like(outputs["seen"])
    said = replies(questions, outputs, now_s=perf_counter())
    ended: Ended = {}
    told = threading.Semaphore(0)

    def tell(of: Question, what: Reply | BaseException) -> None:
        ended[of.id] = what
        told.release()

    journal.write(questions, said, tell)
    for _ in questions:
        assert told.acquire(timeout=60)
    return ended


def _run(of: Question) -> Any:
    return of.served.answer(of.clips)


def rows(folder: Path, columns: str = "*") -> list[dict[str, Any]]:
    database = Database.open(address(folder))
    with database.reading() as connection:
        found = [
            dict(row)
            for row in connection.execute(text(f"SELECT {columns} FROM predictions ORDER BY number")).mappings()
        ]
    database.close()
    return found


@pytest.fixture
def journal(tmp_path):
    made = Journal(Writer.open(address(tmp_path)), keep_all=False, keep_inputs_days=7)
    yield made
    made.close()


def test_an_answer_is_in_the_log_when_it_is_told(journal, tmp_path):
    of = served(tmp_path, version=4)
    ended = written(journal, question(of, 1, id="a", client="ada"), question(of, 2, id="b", role="canary"))
    first, second = rows(tmp_path)
    assert (first["id"], first["track"], first["version"], first["role"], first["label"]) == (
        "a", "letters", 4, "production", "B",
    )  # fmt: skip
    assert (first["client"], first["source"], first["of"]) == ("ada", "predict", None)
    assert (second["id"], second["label"], second["role"]) == ("b", "C", "canary")
    reply = ended["a"]
    assert isinstance(reply, Reply)
    assert first["confidence"] == pytest.approx(reply.answers[0].score)
    p = reply.probabilities[0].astype(float)
    assert first["entropy"] == pytest.approx(-(p * np.log(p)).sum(), rel=1e-4)
    figures = orjson.loads(first["figures"])
    assert (figures["num_frames"], figures["fps"], figures["handedness"]) == (1, None, "unknown")


def test_clips_of_one_question_are_numbered_and_so_are_their_shadows(journal, tmp_path):
    of = served(tmp_path)
    written(journal, question(of, 1, id="a", clips=2), question(of, 1, id="s", clips=2, of="a", role="shadow"))
    written(journal, question(of, 1, id="b"), question(of, 1, id="t", of="b", role="shadow"))
    assert [(row["id"], row["of"]) for row in rows(tmp_path)] == [
        ("a.0", None), ("a.1", None), ("s.0", "a.0"), ("s.1", "a.1"), ("b", None), ("t", "b"),
    ]  # fmt: skip


def test_where_nothing_was_seen_there_is_no_confidence(journal, tmp_path):
    written(journal, question(served(tmp_path), 1, id="a"), spoil=True)
    (row,) = rows(tmp_path)
    assert (row["label"], row["confidence"], row["entropy"], row["top"]) == ("no hand", None, None, "[]")


def test_landmarks_are_kept_where_it_is_asked_for_and_not_twice(tmp_path):
    of = served(tmp_path)
    for keep_all in (False, True):
        journal = Journal(Writer.open(address(tmp_path)), keep_all=keep_all, keep_inputs_days=7)
        asked = [question(of, 2, id=f"{keep_all}-{keep}", clips=2, keep=keep) for keep in (False, True)]
        written(journal, *asked, question(of, 2, id=f"{keep_all}-shadow", of="x", keep=True, role="shadow"))
        journal.close()
    database = Database.open(address(tmp_path))
    with database.reading() as connection:
        kept = connection.execute(text("SELECT id, clip, until FROM kept_inputs ORDER BY id")).all()
    database.close()
    assert [id for id, _, _ in kept] == [
        f"{name}.{i}" for name in ("False-True", "True-False", "True-True") for i in (0, 1)
    ]
    with np.load(io.BytesIO(kept[0][1]), allow_pickle=False) as clips:
        assert np.array_equal(clips["landmarks"], clip(2))
    days = (datetime.fromisoformat(kept[0][2]).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() / 86_400
    assert 6 < days <= 7


def test_an_id_that_is_in_the_log_harms_no_other(journal, tmp_path):
    of = served(tmp_path)
    written(journal, question(of, id="a"))
    ended = written(
        journal, question(of, id="b"), question(of, id="a"), question(of, id="no id!"), question(of, id="c")
    )
    assert {id: type(told) for id, told in ended.items()} == {
        "a": Reply, "b": Reply, "no id!": InputError, "c": Reply,
    }  # fmt: skip
    assert sorted(row["id"] for row in rows(tmp_path)) == ["a", second("a", ""), "b", "c"]


def test_whoever_has_restarted_finds_out_from_the_log_which_ids_are_taken(tmp_path):
    of, told = served(tmp_path), []
    for process in range(4):
        journal = Journal(Writer.open(address(tmp_path)), keep_all=False, keep_inputs_days=7)
        one, two = question(of, id="a", client="ada"), question(of, id="s", clips=2, client=f"{process}")
        ended = written(journal, one, two)
        told.append([reply.id for id in "as" if isinstance(reply := ended[id], Reply)])
        journal.close()
    firsts, pairs = zip(*told, strict=True)
    assert firsts[:2] == ("a", second("a", "ada"))
    assert pairs == ("s", *(second("s", f"{process}") for process in (1, 2, 3)))
    ids = [row["id"] for row in rows(tmp_path)]
    assert len(set(firsts)) == 4
    assert sorted(ids) == sorted([*firsts, *(f"{id}.{clip}" for id in pairs for clip in (0, 1))])


def test_an_id_whose_answer_could_not_be_logged_is_free(journal, tmp_path):
    database = Database.open(address(tmp_path))
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE predictions RENAME TO elsewhere"))
    of = served(tmp_path)
    assert isinstance(written(journal, question(of, id="a"))["a"], SignloopError)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO predictions"))
    database.close()
    assert isinstance(again := written(journal, question(of, id="a"))["a"], Reply)
    assert again.id == "a"


def test_an_answer_that_cannot_be_logged_is_not_told(journal, tmp_path):
    database = Database.open(address(tmp_path))
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE predictions RENAME TO elsewhere"))
    of = served(tmp_path)
    assert isinstance(written(journal, question(of, id="a"))["a"], SignloopError)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO predictions"))
    database.close()
    assert isinstance(written(journal, question(of, id="b"))["b"], Reply)
    assert [row["id"] for row in rows(tmp_path)] == ["b"]
