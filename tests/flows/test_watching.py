"""A look and what follows: in which order, what is told, and that it is not forgotten where something fails."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows import causes, watching
from flows.causes import Cause
from flows.watching import Means, look_after
from monitoring.drift.report import Report
from monitoring.policy import Past, Verdict
from pipeline import params
from pipeline.errors import TransientError
from tests.flows.project import HERE
from tests.monitoring.reports import HOUR, START, column, lost_hand, report, sure

RULES = params.read(HERE / "params.yaml")
SPREAD = (column("spread", "input", excess=3.0), sure(5.0))


@dataclass
class Series:
    """Looks at windows, an hour each; what a verdict sets off is noted in its order."""

    windows: list[Report]
    corrections: int = 0
    refuses: bool = False
    kept: list[Past] = field(default_factory=list)
    did: list[Any] = field(default_factory=list)

    def look(self) -> Verdict:
        now = START + len(self.kept) * HOUR
        return look_after("letters", self.means(now), RULES, now=now)

    def means(self, now: datetime) -> Means:
        window = self.windows[len(self.kept)]
        return Means(
            look=lambda track: Report(**vars(window) | {"made": now, "since": now - HOUR, "until": now}),
            kept=lambda track: self.kept,
            corrections=self._new,
            retrain=self._retrain,
            tell=lambda note: self.did.append(("told", note.title)),
            keep=lambda found, said: self.kept.append(Past(report=found, verdict=said)),
            draw=lambda found: self.did.append(("drawn", found.made.isoformat())),
        )

    def _new(self, track: str, asked: datetime | None) -> int:
        return 0 if asked else self.corrections

    def _retrain(self, track: str, said: Verdict) -> None:
        if self.refuses:
            raise TransientError("the server is away")
        self.did.append(("retrain", track, watching.called(said)))


def test_a_drift_is_told_once_and_again_when_it_is_over() -> None:
    quiet, lost = report(), report(*lost_hand())
    series = Series([quiet, lost, lost, lost, quiet, quiet, quiet, quiet])
    assert [series.look().action for _ in series.windows] == ["nothing"] * 2 + ["warn"] * 4 + ["nothing"] * 2
    told = [title for what, title in series.did if what == "told"]
    assert [what for what, *_ in series.did] == ["told", "drawn", "told"]
    assert told == [
        "letters: detector, warn (version 3, 500 predictions)",
        "letters: nothing has drifted any longer (version 3, 500 predictions)",
    ]


def test_a_retraining_is_set_off_once_and_then_cools_down() -> None:
    series = Series([report(*SPREAD)] * 4)
    assert [series.look().action for _ in series.windows] == ["nothing", "retrain", "warn", "warn"]
    assert [what[0] for what in series.did] == ["retrain", "told", "drawn", "told", "drawn"]
    assert series.did[0] == ("retrain", "letters", causes.DRIFT)


def test_a_wish_that_was_not_taken_is_not_kept_and_comes_again() -> None:
    series = Series([report(*SPREAD)] * 3, refuses=True)
    series.look()
    with pytest.raises(TransientError):
        series.look()
    assert len(series.kept) == 1
    series.refuses = False
    assert series.look().action == "retrain"


def test_corrections_count_from_the_last_retraining() -> None:
    series = Series([report()] * 30, corrections=200)
    said = [series.look() for _ in series.windows]
    assert [verdict.action for verdict in said] == ["retrain"] + ["nothing"] * 29
    assert series.did[0] == ("retrain", "letters", "corrections")


def test_a_look_of_a_moment_ago_is_found() -> None:
    series = Series([report()] * 2)
    series.look()
    means = series.means(START + HOUR)
    assert watching.looked_since("letters", means, START - HOUR)
    assert not watching.looked_since("letters", means, START)


def test_what_called_for_a_retraining_is_said_as_the_ledger_keeps_it(tmp_path: Path) -> None:
    assert causes.called_by(tmp_path, "letters") == ""
    causes.tell(tmp_path, ["letters"], Cause(what="drift", reasons=("hands are smaller", "and more")))
    assert causes.called_by(tmp_path, "letters") == "drift: hands are smaller"
