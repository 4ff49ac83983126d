"""Which versions stand ready for a track, and which of them answers whom."""

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

from serving.answering.questions import Role
from serving.answering.served import Served
from serving.problems import ProblemError

PASSED = ("passed",)  # of a candidate's gates: others answer in the shadow alone


class Lineup:
    """The versions of one track; each is taken up by a single assignment, so a question sees one or the other.

    production, candidate   as the registry has them; a candidate that is Production is none
    refused                 versions that failed their check, and why
    """

    def __init__(self, track: str, max_pinned: int) -> None:
        self.track = track
        self.production: Served | None = None
        self.candidate: Served | None = None
        self.refused: dict[int, str] = {}
        self._pinned: OrderedDict[int, Served] = OrderedDict()
        self._max_pinned = max_pinned
        self._lock = threading.Lock()
        self._former: weakref.WeakSet[Served] = weakref.WeakSet()  # still held by who asked before the change
        self._leaving = threading.Lock()  # a set that grows while it is gone through raises

    def choose(self, client: str, id: str, canary: float) -> tuple[Served, Role]:
        """Returns who answers: Production, or for a share of the clients a candidate that passed, always the same.

        Raises: ProblemError where nothing is in Production.
        """
        production, candidate = self.production, self.candidate
        if candidate and candidate.status in PASSED and falls(client or id, f"canary {self.track}", canary):
            return candidate, "canary"
        if production is None:
            why = "; ".join(self.refused.values()) or "nothing is in Production"
            raise ProblemError(503, f"'{self.track}' cannot be answered: {why}.", {"Retry-After": "30"})
        return production, "production"

    def shadow(self, id: str, share: float, of: Served) -> Served | None:
        """Returns who answers a question besides, for this share of them."""
        candidate = self.candidate
        chosen = candidate is not None and candidate is not of and falls(id, f"shadow {self.track}", share)
        return candidate if chosen else None

    def pinned(self, number: int, load: Callable[[], Served]) -> Served:
        """Returns a version by its number, loaded where it is not yet; the one longest unused makes room."""
        for served in (self.production, self.candidate):
            if served and served.version == number:
                return served
        with self._lock:
            if number not in self._pinned:
                self._pinned[number] = load()
            self._pinned.move_to_end(number)
            while len(self._pinned) > self._max_pinned:
                self._leave(self._pinned.popitem(last=False)[1])
            return self._pinned[number]

    def take_up(self, role: str, served: Served | None) -> None:
        """Puts a version in its place; the one before answers what it was asked, and is then let go."""
        former = getattr(self, role)
        setattr(self, role, served)
        if former is not None and former is not served:
            self._leave(former)

    @property
    def standing(self) -> list[Served]:
        """All that are loaded, Production first."""
        return [s for s in (self.production, self.candidate, *self._pinned.values()) if s is not None]

    @property
    def draining(self) -> list[int]:
        """Numbers of versions that no new question goes to, and that are not let go of yet."""
        with self._leaving:
            former = list(self._former)
        standing = self.standing
        return sorted(served.version for served in former if served not in standing)

    def _leave(self, served: Served) -> None:
        with self._leaving:
            self._former.add(served)


def falls(key: str, salt: str, share: float) -> bool:
    """Says whether a key falls into a share of all, always alike for the same key and salt."""
    if share <= 0 or share >= 1:
        return share >= 1
    return int.from_bytes(hashlib.sha256(f"{salt}\0{key}".encode()).digest()[:8]) < share * 2**64
