"""Sums of answers and of what people said, against what was put in."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitoring.log import feedback
from monitoring.log.database import Database
from serving.dashboard.traffic import queue, traffic
from tests.monitoring.log.factories import NOON, make_entry, opened, stored

SPEAKER = {"client": "", "who": "ann", "class_names": ("A", "B"), "operator": True}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path) as made:
        yield made


def test_answers_and_words_are_counted_by_day(database: Database):
    days = [NOON - timedelta(days=number) for number in (5, 5, 0)]
    stored(
        database,
        *(make_entry(id=f"q{i}", time=day, uncertain=i == 0, confidence=0.5) for i, day in enumerate(days)),
        make_entry(id="shadow", role="shadow", of="q0"),
        make_entry(id="signs", track="signs"),
        make_entry(id="old", time=NOON - timedelta(days=100)),
    )
    feedback.give(database, "q0", "B", **SPEAKER)
    feedback.give(database, "q1", None, **SPEAKER)
    feedback.give(database, "q2", "B", **SPEAKER)
    feedback.withdraw(database, "q2", client="", who="ann", operator=True)
    feedback.give(database, "signs", "B", **SPEAKER)
    told = traffic(database, "letters", now=NOON + timedelta(minutes=1))
    assert (told["answers"], told["last_day"], told["by"]) == (3, 1, "day")
    assert told["roles"] == {"production": 3, "shadow": 1}
    assert [(one["at"], one["answers"], one["uncertain"]) for one in told["series"]] == [
        ("2026-04-26", 2, 1),
        ("2026-05-01", 1, 0),
    ]
    assert told["spoken"] == [{"at": "2026-04-26", "corrected": 1, "confirmed": 1, "right": 0.5}]
    assert told["labels"] == [{"label": "A", "answers": 3}]


def test_a_young_log_is_shown_by_the_hour(database: Database):
    stored(database, *(make_entry(id=f"q{hour}", time=NOON - timedelta(hours=hour)) for hour in (0, 2)))
    told = traffic(database, "letters", now=NOON)
    assert (told["by"], [one["at"] for one in told["series"]]) == ("hour", ["2026-05-01T10:00", "2026-05-01T12:00"])


def test_a_log_that_nobody_asked_has_nothing(database: Database):
    told = traffic(database, "letters", now=NOON)
    assert (told["answers"], told["series"], queue(database, "letters")) == (0, [], [])
