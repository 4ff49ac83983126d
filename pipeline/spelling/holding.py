"""Hold and commit: a letter that is shown for long enough is meant."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.spelling.meaning import meaning
from pipeline.spelling.rules import Rules


@dataclass
class Holding:
    """Which letter is being held, since when, and when it was last committed."""

    rules: Rules
    held: str | None = None
    since_s: float = 0.0
    committed_s: float | None = None

    def push(self, time_s: float, probabilities: Mapping[str, float]) -> str | None:
        """Returns the letter that is committed at this time, if one is."""
        leader = max(probabilities, key=probabilities.__getitem__, default=None)
        if self.held is not None and probabilities.get(self.held, 0.0) < self._floor():
            self.reset()
        sure = leader is not None and probabilities[leader] >= self.rules.confidence
        if not sure:
            return None
        if leader != self.held:
            self.held, self.since_s, self.committed_s = leader, time_s, None
        if time_s < self._due_s():
            return None
        self.committed_s = time_s
        return leader

    @property
    def committed(self) -> str | None:
        """Returns the letter that was committed and is still held."""
        return None if self.committed_s is None else self.held

    def progress(self, time_s: float) -> float:
        """Says how much of the time until the next commit has passed, 0 to 1."""
        if self.held is None:
            return 0.0
        begun_s = self.since_s if self.committed_s is None else self.committed_s
        wait_s = self._due_s() - begun_s
        return min(1.0, (time_s - begun_s) / wait_s) if wait_s else 1.0

    def reset(self) -> None:
        self.held, self.since_s, self.committed_s = None, 0.0, None

    def _due_s(self) -> float:
        if self.committed_s is None:
            return self.since_s + self.rules.hold_s
        return self.committed_s + self.rules.repeat_s if self._repeats() else math.inf

    def _repeats(self) -> bool:
        """A sign that is held on is not said twice; letters and deletions are."""
        return self.held is not None and meaning(self.held) in ("letter", "delete")

    def _floor(self) -> float:
        """A letter that waits to be committed has to stay above the confidence, a committed one is not left so soon."""
        return self.rules.confidence * (1.0 if self.committed_s is None else self.rules.release)
