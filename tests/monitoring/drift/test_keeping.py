from datetime import timedelta

from monitoring.drift.keeping import keep, kept
from monitoring.drift.measuring import measure
from monitoring.drift.report import Report
from monitoring.drift.thresholds import prepare
from monitoring.log.database import Database
from monitoring.policy import Verdict
from tests.monitoring.drift.factories import NOW, reference, watch, window
from tests.monitoring.log.conftest import database

__all__ = ["database"]
THRESHOLDS = prepare(reference(8), watch(), window=100)


def report(hours: int, track: str = "letters") -> Report:
    made = NOW + timedelta(hours=hours)
    return measure(THRESHOLDS, window(range(1000, 1004)), track=track, version=3, made=made)


def test_the_newest_look_comes_first_as_it_was_kept(database: Database):
    verdict = Verdict(action="warn", cause="camera", reasons=("tilted", "again"))
    numbers = [keep(database, report(0)), keep(database, report(2), verdict), keep(database, report(1))]
    keep(database, report(5, track="signs"))
    found = kept(database, "letters")
    assert [one.number for one in found] == [numbers[1], numbers[2], numbers[0]]
    assert [one.report for one in found] == [report(2), report(1), report(0)]
    assert [one.verdict for one in found] == [verdict, None, None]
    assert kept(database, "letters", limit=1) == found[:1]
    assert kept(database, "letters", since=NOW + timedelta(hours=1)) == found[:2]
