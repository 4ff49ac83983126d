"""Keeps the versions that answer those of the registry: loads, checks, takes up, and lets the former go."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from pipeline.errors import SignloopError
from pipeline.predictor import Device
from registry import versions
from registry.store import Store, insist_on
from registry.versions import CANDIDATE, PRODUCTION, Version
from serving.answering.lineup import Lineup
from serving.answering.served import Served, judged, load

log = logging.getLogger(__name__)
PATIENCE_LOOKS = 15  # before a version that failed its check is tried again: its file may have been put right
SURE_LOOKS = 10  # at a registry whose file says that nothing was written, of which one asks it all the same


class Following:
    """Looks at the registry every `seconds`, in a thread of its own; what is in Production goes on while it looks.

    looked   is called after each look
    trouble  why the registry could not be asked the last time, and since when; None: it answered
    """

    def __init__(
        self,
        store: Store,
        lineups: Mapping[str, Lineup],
        *,
        seconds: float,
        device: Device,
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._lineups, self._seconds, self._looked = store, lineups, seconds, looked
        self._device: Device = device
        self.trouble: tuple[str, datetime] | None = None
        self._failed: dict[tuple[str, int], int] = {}  # looks until it is tried again
        self._stamp: object = None  # of the registry before the last look; None: it was not looked at, or has none
        self._unchanged = 0
        self._end = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="following", daemon=True)

    def start(self) -> None:
        """Looks once, and from then on again and again."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._wake.set()
        self._thread.join()

    def look(self) -> None:
        """Makes every lineup what the registry says now."""
        try:
            if not self._nothing_written():
                insist_on(self._store)
                for lineup in self._lineups.values():
                    self._bring_up_to_date(lineup)
        except Exception as error:  # of a database, a server, MLflow: who answers now goes on, and health tells
            since = self.trouble[1] if self.trouble else datetime.now(UTC)
            if self.trouble is None:
                log.warning("the registry cannot be asked, what answers stays: %s", error)
            self._stamp = None
            self.trouble = (str(error).splitlines()[0] if str(error) else type(error).__name__, since)
        else:
            if self.trouble is not None:
                log.warning("the registry answers again")
            self.trouble = None
        self._looked()

    @property
    def away_s(self) -> float:
        """Seconds since the registry was first asked in vain; 0 while it answers."""
        trouble = self.trouble
        return (datetime.now(UTC) - trouble[1]).total_seconds() if trouble else 0.0

    def _follow(self) -> None:
        while not self._end.is_set():
            self._wake.wait(self._seconds)
            self._wake.clear()
            if not self._end.is_set():
                self.look()

    def _nothing_written(self) -> bool:
        """Says whether the registry's file is as it was before the last look: asking costs a hundred times as much."""
        stamp, self._unchanged = self._store.stamp(), self._unchanged + 1
        if stamp is not None and stamp == self._stamp and self._unchanged < SURE_LOOKS:
            return True
        self._stamp, self._unchanged = stamp, 0
        return False

    def _bring_up_to_date(self, lineup: Lineup) -> None:
        there = versions.versions(self._store, lineup.track)
        named = {alias: version for version in there for alias in version.aliases}
        loaded = lineup.standing  # what leaves one place may take the other
        self._put(lineup, "production", named.get(PRODUCTION), loaded)
        candidate = named.get(CANDIDATE)
        same = candidate is not None and PRODUCTION in candidate.aliases
        self._put(lineup, "candidate", None if same else candidate, loaded)
        known = {version.number for version in there}
        lineup.refused = {number: why for number, why in lineup.refused.items() if number in known}

    def _put(self, lineup: Lineup, role: str, version: Version | None, loaded: Sequence[Served]) -> None:
        now: Served | None = getattr(lineup, role)
        if (now is version is None) or (now and version and now.judged == judged(version)):
            return
        if version is None:
            lineup.take_up(role, None)
            log.warning("'%s' has no %s any more", lineup.track, role)
        elif (served := self._served(lineup, version, loaded)) is not None:
            lineup.take_up(role, served)
            log.warning("'%s' %s is version %d now", lineup.track, role, version.number)

    def _served(self, lineup: Lineup, version: Version, loaded: Sequence[Served]) -> Served | None:
        """Returns a version, loaded where it is not yet; None where it fails its check."""
        if there := next((served for served in loaded if served.judged == judged(version)), None):
            return there
        key = (lineup.track, version.number)
        if self._failed.get(key, 0) > 0:
            self._failed[key] -= 1
            return None
        try:
            served = load(self._store, version, device=self._device)
        except SignloopError as error:
            self._failed[key] = PATIENCE_LOOKS
            lineup.refused[version.number] = str(error)
            log.error("'%s' version %d is not served: %s", lineup.track, version.number, error)
            return None
        lineup.refused.pop(version.number, None)
        return served
