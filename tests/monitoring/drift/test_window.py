from datetime import timedelta

import pytest

from monitoring.drift.window import first, read
from monitoring.log.database import Database
from tests.monitoring.log.conftest import database
from tests.monitoring.log.factories import NOON, make_entry, minutes, stored

__all__ = ["database"]


@pytest.fixture
def log(database: Database) -> Database:
    roles = ("production", "canary", "pinned", "shadow")
    entries = [make_entry(id=f"{i}", time=minutes(i), role=roles[i % 4]) for i in range(40)]
    stored(database, *entries, make_entry(id="older", version=2), make_entry(id="other", track="signs"))
    return database


def test_answers_of_one_version_that_somebody_got(log: Database):
    found = read(log, "letters", 3, most=100)
    assert found.predictions == len(found.rows) == 30
    assert "3" not in set(found.rows["id"])


def test_the_newest_or_those_of_a_time(log: Database):
    newest = read(log, "letters", 3, newest=5, most=100)
    assert (list(newest.rows["id"]), newest.predictions) == (["33", "34", "36", "37", "38"], 5)
    timed = read(log, "letters", 3, since=minutes(10), until=minutes(14), most=100)
    assert list(timed.rows["id"]) == ["10", "12", "13"]
    both = read(log, "letters", 3, newest=2, until=minutes(14), most=100)
    assert list(both.rows["id"]) == ["12", "13"]
    assert read(log, "letters", 9, most=100).predictions == 0


def test_of_many_a_sample_is_drawn_in_the_database(database: Database):
    stored(database, *(make_entry(id=f"{i}", time=NOON + timedelta(seconds=i)) for i in range(4000)))
    found = read(database, "letters", 3, newest=3000, most=500)
    assert found.predictions == 3000
    assert 450 <= len(found.rows) <= 550
    numbers = found.rows["id"].astype(int)
    assert numbers.min() >= 1000
    assert [int(((numbers >= k) & (numbers < k + 500)).sum() > 60) for k in range(1000, 4000, 500)] == [1] * 6
    assert list(read(database, "letters", 3, newest=3000, most=500).rows["id"]) == list(found.rows["id"])


def test_when_a_version_had_answered_so_many(log: Database):
    assert first(log, "letters", 3, count=4) == minutes(4)
    assert first(log, "letters", 3, count=31) is None
