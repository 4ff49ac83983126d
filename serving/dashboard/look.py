"""One look: all that the page shows, as one plain value. What cannot be had is said in its place, with what to do.

Two things are kept from look to look, since they change only with a version: an evaluation, and a comparison of two.
Whoever asks while a look is under way, or just after, is given the same one: a dozen open pages cost what one costs.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.log.database import Database
from pipeline.errors import SignloopError
from registry import moves
from registry.store import Store, insist_on
from registry.versions import CANDIDATE, EXTRAS, PREVIOUS, PRODUCTION, Version, files
from serving.dashboard.compared import compared
from serving.dashboard.drifting import Look, drifting
from serving.dashboard.evaluated import evaluated
from serving.dashboard.registered import holding, registered
from serving.dashboard.runs import runs, trainings
from serving.dashboard.traffic import queue, traffic

FRESH_S = 2.0
KEPT = 64  # evaluations and comparisons
OF_REGISTRY = ("registry", "evaluation", "comparison", "runs")
Part = dict[str, Any]


def none_yet(database: Database, track: str) -> Sequence[Look]:
    return ()


@dataclass
class Dashboard:
    """Where it is all read from.

    log     the prediction log, or why there is none
    stages  file that `signloop stage` notes its times in
    looks   reads drift reports with their verdicts, the newest first
    """

    store: Store
    tracks: tuple[str, ...]
    log: Database | str
    stages: Path | None = None
    looks: Callable[[Database, str], Sequence[Look]] = none_yet
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _last: tuple[float, Part] | None = field(default=None, repr=False)
    _kept: dict[tuple[str, ...], Part] = field(default_factory=dict, repr=False)

    def fresh(self) -> Part:
        """Returns a look that is FRESH_S old at most."""
        with self._turn:
            if self._last is None or time.monotonic() - self._last[0] > FRESH_S:
                found = self.look()
                self._last = (time.monotonic(), found)  # one that took long is not old when it is done
            return self._last[1]

    def look(self, now: datetime | None = None) -> Part:
        now = now or datetime.now(UTC)
        made = now.isoformat(timespec="seconds")
        return {"made": made, "tracks": [self._track(track, now) for track in self.tracks]}

    def _track(self, track: str, now: datetime) -> Part:
        try:
            insist_on(self.store)
            told, there = moves.look(self.store, track)
        except SignloopError as error:
            of_registry: Part = {part: {"missing": str(error)} for part in OF_REGISTRY}
        else:
            of_registry = {
                "registry": self._or_why(lambda: registered(told, there)),
                "evaluation": self._or_why(lambda: self._evaluated(there)),
                "comparison": self._or_why(lambda: self._compared(there)),
                "runs": self._or_why(
                    lambda: {"runs": runs(self.stages, track), "trainings": trainings(self.store, track)}
                ),
            }
        return {
            "track": track,
            **of_registry,
            "traffic": self._logged(lambda log: traffic(log, track, now=now)),
            "review": self._logged(lambda log: {"answers": queue(log, track)}),
            "drift": self._logged(lambda log: drifting(self.looks(log, track))),
        }

    def _evaluated(self, there: Sequence[Version]) -> Part:
        """Of the version in Production; of the candidate, where nothing answers yet."""
        version = holding(there, PRODUCTION) or holding(there, CANDIDATE)
        if version is None:
            return {"missing": "No version is registered yet, so none was measured. Run: dvc repro"}

        def read() -> Part:
            with files(self.store, version, EXTRAS) as extras:
                return {"version": version.number, **evaluated(extras)}

        return self._once("evaluation", read, version)

    def _compared(self, there: Sequence[Version]) -> Part:
        """The candidate against Production; where it is in Production itself, against the version before."""
        production, candidate = holding(there, PRODUCTION), holding(there, CANDIDATE)
        if production is None:
            return {"missing": "Nothing is in Production yet, so there is nothing to compare with."}
        if candidate is None or candidate.number == production.number:
            candidate, production = production, holding(there, PREVIOUS)
        if production is None or candidate.number == production.number:
            return {"missing": "Only one version was ever in Production, and no other waits: nothing to compare."}
        pair = (candidate, production)
        return self._once("comparison", lambda: compared(self.store, *pair), *pair)

    def _once(self, what: str, read: Callable[[], Part], *of: Version) -> Part:
        """Reads what changes only with the versions that it is of and their evaluations."""
        key = (what, *(f"{v.track} {v.number} {v.tags.get('signloop.evaluation_sha256')}" for v in of))
        if key not in self._kept:
            found = read()
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found
        return self._kept[key]

    def _logged(self, read: Callable[[Database], Part]) -> Part:
        log = self.log
        return {"missing": log} if isinstance(log, str) else self._or_why(lambda: read(log))

    @staticmethod
    def _or_why(read: Callable[[], Part]) -> Part:
        try:
            return read()
        except SignloopError as error:
            return {"missing": str(error)}
