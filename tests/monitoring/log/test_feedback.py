"""Corrections: whose, of what, which counts; and which answers are asked for first."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.log import feedback
from monitoring.log.database import Database
from monitoring.log.feedback import Correction
from monitoring.log.reused import second
from monitoring.log.review import review
from pipeline.contract import NO_HAND
from pipeline.errors import InputError
from tests.monitoring.log.factories import NOON, make_entry, minutes, opened, stored

NAMES = ("A", "E", "S", "T")


def give(database: Database, id: str, label: str | None, client: str = "ada", **more: Any) -> Correction:
    return feedback.give(database, id, label, client=client, who="ada@desk", class_names=NAMES, now=NOON, **more)


def said(database: Database, id: str) -> list[tuple[str, str | None]]:
    return [(one.kind, one.label) for one in feedback.history(database, id)]


def test_a_correction_a_confirmation_and_a_withdrawal_are_kept_and_the_latest_counts(database: Database) -> None:
    stored(database, make_entry(id="x", label="A", client="ada"), make_entry(id="y", client="ada"))
    first = give(database, "x", "S", note="clearly")
    assert first == Correction(
        id="x", time=NOON, kind="corrected", label="S", client="ada", who="ada@desk", note="clearly"
    )
    assert give(database, "x", None).kind == "confirmed"
    assert give(database, "x", "A") == feedback.history(database, "x")[-1], "the label that was answered confirms it"
    assert feedback.withdraw(database, "x", client="ada", who="ada", now=NOON).kind == "withdrawn"
    assert feedback.withdraw(database, "x", client="ada", who="ada").time == NOON, "once is enough"
    assert said(database, "x") == [("corrected", "S"), ("confirmed", "A"), ("withdrawn", None)]
    assert feedback.given(database, "letters") == []
    give(database, "y", "T")
    give(database, "x", "E")
    assert [(one.id, one.label) for one in feedback.given(database, "letters")] == [("x", "E"), ("y", "T")]
    assert feedback.given(database, "signs") == []


def test_an_id_that_a_client_sent_again_names_no_single_answer_any_more(database: Database) -> None:
    """One of another client's leaves it alone, and what was said before can be taken back."""
    stored(database, make_entry(id="x", client="ada"), make_entry(id=second("x", "bo"), client="bo"))
    stored(database, make_entry(id="many.1", client="ada"))
    give(database, "x", "S")
    give(database, second("x", "bo"), "T", "bo")
    again = [second("x", "ada"), f"{second('many', 'ada')}.1"]
    stored(database, *(make_entry(id=id, client="ada") for id in again))
    for id in ("x", "many.1"):
        with pytest.raises(InputError, match=f"'{id}' was sent more than once"):
            give(database, id, "S")
    assert give(database, again[0], "E").label == "E"
    assert feedback.withdraw(database, "x", client="ada", who="ada").kind == "withdrawn"


@pytest.mark.parametrize(
    ("id", "label", "client", "message"),
    [
        ("other", "S", "ada", "'other' is not among your predictions"),
        ("x", "S", "bo", "'x' is not among your predictions"),
        ("shadow", "S", "ada", "'shadow' is not among your predictions"),
        ("x", "SS", "ada", "label 'SS': expected one of 4 class names, as S,"),
        ("none", None, "ada", f"label '{NO_HAND}': expected one of 4"),
    ],
)
def test_what_is_refused(database: Database, id: str, label: str | None, client: str, message: str) -> None:
    shadow = make_entry(id="shadow", role="shadow", of="x", client="ada")
    stored(database, make_entry(id="x", client="ada"), shadow, make_entry(id="none", label=NO_HAND, client="ada"))
    with pytest.raises(InputError, match=message):
        give(database, id, label, client)
    assert feedback.given(database, "letters") == []


def test_an_answer_of_another_track_is_refused(database: Database) -> None:
    stored(database, make_entry(id="x", client="ada"))
    with pytest.raises(InputError, match="not among your predictions"):
        give(database, "x", "S", track="signs")
    give(database, "x", "S", track="letters")
    with pytest.raises(InputError, match="not among your predictions"):
        feedback.withdraw(database, "x", client="ada", who="ada", track="signs")


def test_eight_who_say_the_same_at_once_have_said_it_once(database: Database) -> None:
    stored(database, make_entry(id="x", client="ada"))
    all_there = threading.Barrier(8)

    def say(_: int) -> Correction:
        all_there.wait(60)
        return give(database, "x", "S")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(say, range(8)))) == 1
    assert said(database, "x") == [("corrected", "S")]


def test_an_operator_speaks_of_everybodys_answers(database: Database) -> None:
    stored(database, make_entry(id="x", client="ada"))
    assert give(database, "x", "S", "bo", operator=True).client == "bo"
    assert give(database, "x", "S").client == "bo", "the same word again, by another, is the same word"


def test_nothing_said_is_not_withdrawn_and_a_note_is_bounded(database: Database) -> None:
    stored(database, make_entry(id="x", client="ada"))
    with pytest.raises(InputError, match="nothing to withdraw"):
        feedback.withdraw(database, "x", client="ada", who="ada")
    with pytest.raises(InputError, match="at most 1000 characters, got 1001"):
        give(database, "x", "S", note="!" * 1001)


WORDS = st.lists(st.tuples(st.sampled_from(["A", "S", None, "withdraw"]), st.integers(1, 3)), max_size=8)
FRESH = itertools.count()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_saying_it_again_changes_nothing(tmp_path: Path, words: list[tuple[str | None, int]]) -> None:
    """Each word is said so often; the log is as if each had been said once."""
    id = str(next(FRESH))
    with closing(opened(tmp_path)) as database:
        stored_in = make_entry(id=id, label="A", client="ada")
        stored(database, stored_in)
        expected: list[str | None] = []  # what it was, by each word that changed something
        for word, times in words:
            if word == "withdraw" and not expected:
                continue
            for _ in range(times):
                if word == "withdraw":
                    feedback.withdraw(database, id, client="ada", who="ada")
                else:
                    give(database, id, word)
            meant = {"withdraw": None, None: "A"}.get(word, word)
            if not expected or expected[-1] != meant:
                expected.append(meant)
        assert [label for _, label in said(database, id)] == expected
        current = [one.label for one in feedback.given(database, "letters") if one.id == id]
        assert current == [label for label in expected[-1:] if label]


def doubtful(id: str, label: str, best: float, second: float, entropy: float, **more: Any) -> Any:
    return make_entry(id=id, label=label, top=((label, best), ("Z", second)), entropy=entropy, **more)


def test_review_asks_for_the_most_doubtful_of_each_label_in_turn(database: Database) -> None:
    stored(
        database,
        doubtful("sure", "A", 0.98, 0.01, 0.1),  # doubt (0.03 + 0.1) / 2
        doubtful("close", "A", 0.45, 0.44, 0.9),  # (0.99 + 0.9) / 2
        doubtful("closer", "A", 0.40, 0.40, 1.0),  # 1
        doubtful("other", "S", 0.60, 0.30, 0.8),  # (0.7 + 0.8) / 2
        doubtful("spoken", "T", 0.40, 0.40, 1.0, client="ada"),
        doubtful("withdrawn", "T", 0.80, 0.10, 0.2, client="ada"),  # (0.3 + 0.2) / 2
        doubtful("shadow", "E", 0.40, 0.40, 1.0, role="shadow", of="sure"),
        doubtful("elsewhere", "E", 0.40, 0.40, 1.0, track="signs"),
        make_entry(id="none", label=NO_HAND, top=(), confidence=None, entropy=None),
        doubtful("below", "E", 0.70, 0.20, 0.6, uncertain=True, inputs=b"clip", until=minutes(9)),  # (0.5 + 0.6) / 2
    )
    give(database, "spoken", None)
    give(database, "withdrawn", "S")
    feedback.withdraw(database, "withdrawn", client="ada", who="ada")
    found = review(database, "letters")
    assert [one.id for one in found] == ["below", "closer", "other", "withdrawn", "close", "sure"]
    assert [round(one.doubt, 3) for one in found] == [0.55, 1.0, 0.75, 0.25, 0.945, 0.065]
    assert [one.id for one in review(database, "letters", limit=2)] == ["below", "closer"]
    assert [(one.id, one.kept) for one in review(database, "letters", kept_only=True)] == [("below", True)]
    assert found[0].top == (("E", 0.7), ("Z", 0.2))
    assert review(database, "forecast") == []
