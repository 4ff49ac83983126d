"""Jobs, handed out a few at a time: a million of them do not wait in a pool."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Job = TypeVar("Job")


@dataclass(frozen=True)
class Taken(Generic[Job]):
    """A job that was handed out; `alone`: with nothing else at work."""

    number: int
    job: Job
    alone: bool


class Feed(Generic[Job]):
    """Hands out jobs in order; those put back come last, each alone, so that one knows whose fault it is."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._next = 0
        self._suspects: deque[Taken[Job]] = deque()

    def __bool__(self) -> bool:
        return self._next < len(self._jobs) or bool(self._suspects)

    def take(self, *, at_work: int, room: int) -> Taken[Job] | None:
        """Returns the next job, or None where there is no room for one, or none is left."""
        if at_work >= room:
            return None
        if self._next < len(self._jobs):
            self._next += 1
            return Taken(self._next - 1, self._jobs[self._next - 1], alone=False)
        return self._suspects.popleft() if self._suspects and not at_work else None

    def again(self, taken: Taken[Job]) -> None:
        """Puts a job back, to be tried once more with nothing beside it."""
        self._suspects.append(Taken(taken.number, taken.job, alone=True))
