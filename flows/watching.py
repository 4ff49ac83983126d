"""One look at a track: look → decide → act → keep; by the flow `watch` and by hand. Nothing here knows Prefect.

What a verdict sets off comes before the verdict is kept. Killed between the two, the next look says the same again, and
a second retraining finds nothing to do; the other way round one would be on record that nobody ever asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock

from flows import environment, notify
from flows.causes import DRIFT
from flows.notify import Note
from monitoring.drift.report import Report
from monitoring.log.database import Database
from monitoring.policy import WEEK, Past, Verdict, decide
from pipeline import params
from pipeline.params import Params
from registry.ledger import EPOCH
from registry.store import STATE, Store

MADE = ("judged", "promoted")  # entries of the ledger that a training leads to


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a look is taken with.

    look         measures what a track was asked lately
    kept         earlier looks at it
    corrections  how many people gave since it was last trained, or since that moment
    retrain      sets off a retraining
    tell         tells those who want to know
    keep         keeps the look
    draw         draws the page of a look that fired
    """

    look: Callable[[str], Report]
    kept: Callable[[str], Sequence[Past]]
    corrections: Callable[[str, datetime | None], int]
    retrain: Callable[[str, Verdict], Any]
    tell: Callable[[Note], Any]
    keep: Callable[[Report, Verdict], Any]
    draw: Callable[[Report], Any]


def look_after(track: str, means: Means, rules: Params, *, now: datetime) -> Verdict:
    """Takes one look, does what follows from it, and returns the verdict."""
    before = sorted(means.kept(track), key=lambda past: past.report.made, reverse=True)
    report = means.look(track)
    asked = [past.report.made for past in before if past.verdict and past.verdict.action == "retrain"]
    new = means.corrections(track, max(asked, default=None))
    said = decide(report, before, rules.policy, rules.watch, now=now, corrections=new)
    if said.action == "retrain":
        means.retrain(track, said)
    news = _is_news(said, before)
    if news:
        means.tell(notify.drifted(report, said))
    means.keep(report, said)
    if news and report.fired:  # a page each hour of the same would fill the disk
        means.draw(report)
    return said


def called(said: Verdict) -> str:
    """Returns what calls for a retraining: corrections, or drift, whichever it is (flows.causes)."""
    return said.cause if said.cause == "corrections" else DRIFT


def looked_since(track: str, means: Means, moment: datetime) -> bool:
    """Whether somebody looked already: of looks that came due while nobody served, one is enough."""
    return any(past.report.made > moment for past in means.kept(track))


def _is_news(said: Verdict, before: Sequence[Past]) -> bool:
    """Whether it is another verdict than the last one; that all is still quiet is none."""
    last = next((past.verdict for past in before if past.verdict), None)
    if said.action == "nothing":
        return last is not None and last.action != "nothing"
    return last is None or (said.action, said.cause) != (last.action, last.cause)


def in_production(store: Store, track: str) -> bool:
    """Whether there is anything to look at."""
    from registry import versions

    return versions.find(store, track, alias=versions.PRODUCTION) is not None


@contextmanager
def means(
    root: Path, *, now: datetime, retrain: Callable[[str, Verdict], Any], say: Callable[[str], Any]
) -> Iterator[Means]:
    """Yields what a look is taken with in this project, its database open; one look at a time."""
    from flows import drift
    from monitoring.drift import keeping

    store, written = environment.store(), params.read(root / "params.yaml")
    since = now - max(WEEK, timedelta(hours=written.policy.cooldown_h))
    (root / STATE).mkdir(exist_ok=True)
    with FileLock(root / STATE / "watch.lock"), Database.open(environment.database_url()) as database:
        yield Means(
            look=lambda track: drift.look(store, database, track, written.watch, now=now).report,
            kept=lambda track: decided(database, track, since),
            corrections=lambda track, asked: corrections(store, database, track, asked),
            retrain=retrain,
            tell=lambda note: notify.send(note, root, say=say),
            keep=lambda report, said: keeping.keep(database, report, said),
            draw=lambda report: drift.draw_again(store, database, report, written.watch),
        )


def decided(database: Database, track: str, since: datetime) -> list[Past]:
    """Returns earlier looks that something was decided on; what a person looked at, of whatever time, is none."""
    from monitoring.drift import keeping

    found = keeping.kept(database, track, since=since)
    return [Past(report=one.report, verdict=one.verdict) for one in found if one.verdict]


def corrections(store: Store, database: Database, track: str, asked: datetime | None) -> int:
    """Counts what people said since a retraining was asked for, and since a candidate was last judged."""
    from monitoring.log import feedback
    from registry import entries

    judged: list[datetime] = [entry.when for entry in entries.read(store, track) if entry.what in MADE]
    since = max([*judged, *filter(None, [asked])], default=EPOCH)
    return sum(one.time > since for one in feedback.given(database, track))
