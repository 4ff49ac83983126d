"""One look at a track's traffic: the reference out of the registry, thresholds once for it, a window of the log.

Where the reference has too few people, quiet traffic stands in for it: what a person names as quiet, else the first
answers of the version since it came to Production. Until these are there, the look is uncalibrated and says so.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from flows import environment
from monitoring.drift import reference as references
from monitoring.drift import thresholds as limits
from monitoring.drift import window as windows
from monitoring.drift.measuring import measure
from monitoring.drift.report import Report
from monitoring.drift.thresholds import Thresholds
from monitoring.drift.window import Window
from monitoring.log.database import Database
from pipeline import contract as contracts
from pipeline.errors import InputError
from pipeline.files import read_json, sha256, write_json
from pipeline.params.watching import Watch
from registry import versions
from registry.store import Store
from registry.versions import EXTRAS

REFERENCE, CONTRACT = f"{EXTRAS}/reference.parquet", f"{EXTRAS}/contract.json"
ROWS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)  # that thresholds are found for
SCHEMA = 1  # of how thresholds are found: another one makes kept ones void
CALIBRATES = ("alarm_rate", "min_groups", "resamples", "seed")  # fields that thresholds depend on
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A report, and what it was made from: a page is drawn of it."""

    report: Report
    thresholds: Thresholds
    rows: pd.DataFrame


def look(
    store: Store,
    database: Database,
    track: str,
    watch: Watch,
    *,
    now: datetime | None = None,
    window: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Look:
    """Measures what the Production version answered lately: the newest `window` predictions, or those of a time.

    Raises: InputError where nothing is in Production, or its reference cannot be read.
    """
    version = versions.named(store, track).number
    newest = window or (None if since or until else watch.window)
    found = windows.read(database, track, version, newest=newest, since=since, until=until, most=watch.max_rows)
    of = versions.named(store, track, number=version)
    with versions.files(store, of, REFERENCE) as file:
        reference, digest = pd.read_parquet(file), sha256(file)
    with versions.files(store, of, CONTRACT) as file:
        form = contracts.loads(file.read_text(encoding="utf-8"), CONTRACT).form
    quiet, collecting = _quiet(database, track, version, reference, watch)
    if quiet is not None:
        reference = references.stand_in(reference, quiet.rows)
        digest = f"{digest} {quiet.rows['time'].min()} {quiet.rows['time'].max()} {len(quiet.rows)}"
    thresholds = _calibrated(reference, watch, digest, rows=len(found.rows), collecting=collecting)
    report = measure(
        thresholds,
        found.rows,
        track=track,
        version=version,
        made=now or datetime.now(UTC),
        predictions=found.predictions,
        form=form,
    )
    return Look(report=report, thresholds=thresholds, rows=found.rows)


def again(store: Store, database: Database, report: Report, watch: Watch) -> Look:
    """Looks at a report's window again: of an earlier look only its report is kept."""
    until = report.until + MOMENT if report.until else None
    return look(store, database, report.track, watch, now=report.made, since=report.since, until=until)


def draw(found: Look, *, html: Path | None = None, workspace: Path | None = None) -> None:
    """Draws Evidently's page of a look, and adds it to a workspace; takes Evidently's seconds."""
    from monitoring.drift import evidently

    run = evidently.snapshot(found.thresholds, found.rows, found.report)
    if html is not None:
        evidently.write_html(run, html)
    if workspace is not None:
        evidently.add(run, workspace, found.report.track)


def draw_again(store: Store, database: Database, report: Report, watch: Watch) -> None:
    """Draws the page of an earlier look, and adds it to the workspace that `signloop up` shows."""
    draw(again(store, database, report, watch), html=page_of(report), workspace=folder() / "workspace")


def folder() -> Path:
    """Returns where thresholds, pages and the workspace lie: all of it can be made anew, but for what people said."""
    return environment.state_or_cache() / "drift"


def page_of(report: Report) -> Path:
    """Returns where the page of a look lies that fired."""
    return folder() / report.track / f"{report.made.astimezone(UTC):%Y%m%dT%H%M%SZ}-version{report.version}.html"


def call_quiet(store: Store, database: Database, track: str, watch: Watch, since: datetime, until: datetime) -> Window:
    """Takes the Production version's traffic of a time for its reference from now on, in place of an earlier one.

    Raises: InputError where too few clients or predictions are in it.
    """
    version = versions.named(store, track).number
    found = windows.read(database, track, version, since=since, until=until, most=watch.max_rows)
    clients = found.rows["client"].nunique()
    if found.predictions < watch.min_predictions or clients < watch.min_groups:
        raise InputError(
            f"--quiet: {found.predictions} predictions of {clients} clients of '{track}' version {version}, expected "
            f"at least {watch.min_predictions} of {watch.min_groups}. Name a longer time."
        )
    write_json(_quiet_file(track), {"version": version, "since": since.isoformat(), "until": until.isoformat()})
    return found


def _quiet_file(track: str) -> Path:
    return folder() / track / "quiet.json"


def _quiet(
    database: Database, track: str, version: int, reference: pd.DataFrame, watch: Watch
) -> tuple[Window | None, str]:
    """Returns the traffic that stands in for the reference, if any; else what is still missing of it, if any must."""
    file = _quiet_file(track)
    said: dict[str, Any] = read_json(file) if file.exists() else {}
    if said.get("version") == version:
        since, until = (datetime.fromisoformat(said[name]) for name in ("since", "until"))
        return windows.read(database, track, version, since=since, until=until, most=watch.max_rows), ""
    panels = references.panels(reference, max_rows=watch.max_rows, seed=watch.seed)
    if max(panel.num_groups for panel in panels) >= watch.min_groups:
        return None, ""
    last = windows.first(database, track, version, count=watch.quiet)
    found = windows.read(database, track, version, until=last + MOMENT if last else None, most=watch.max_rows)
    clients = found.rows["client"].nunique()
    if last is not None and clients >= watch.min_groups:
        return found, ""
    return (
        None,
        f"{_in_words(panels)}; collecting quiet traffic: {found.predictions} of {watch.quiet} predictions, "
        + (f"{clients} of {watch.min_groups} clients"),
    )


def _in_words(panels: Sequence[references.Panel]) -> str:
    return f"the reference has {max(panel.num_groups for panel in panels)} people"


def _calibrated(reference: pd.DataFrame, watch: Watch, digest: str, *, rows: int, collecting: str) -> Thresholds:
    """Returns the thresholds for a window of at least so many rows; found once, then read from the state folder."""
    known = sorted({watch.window, watch.max_rows, *ROWS})
    size = max((count for count in known if count <= rows), default=known[0])
    made = limits.prepare(reference, watch, window=size)
    if collecting:
        return limits.with_limits(
            made, [limits.Limits(why_not=collecting if i == 0 else "") for i in range(len(made.panels))]
        )
    if rows < watch.min_predictions:
        return made
    rules = {name: getattr(watch, name) for name in CALIBRATES}
    key = hashlib.sha256(json.dumps([SCHEMA, digest, size, watch.max_rows, rules], default=str).encode()).hexdigest()
    file = folder() / "thresholds" / f"{key[:32]}.json"
    if not file.exists():
        write_json(file, limits.to_json(limits.find_limits(made)))
    return limits.with_limits(made, limits.from_json(read_json(file)))
