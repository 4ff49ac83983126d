"""Probabilities averaged over time: one uncertain frame changes little, and a new letter takes over soon."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Probabilities = Mapping[str, float]  # by class name; a class that is left out has none, and empty is no hand


@dataclass
class Smoothing:
    """An exponential average with a time constant in seconds: 63 % of a change are taken over after one of them.

    A frame weighs by the time since the one before it, so 60 frames a second average to what 15 do. Without a hand all
    probabilities fall towards zero together.
    """

    seconds: float
    values: dict[str, float] = field(default_factory=dict)
    time_s: float | None = None

    def push(self, time_s: float, probabilities: Probabilities) -> dict[str, float]:
        weight = self._weight(time_s)
        names = dict.fromkeys((*self.values, *probabilities))
        former = {name: self.values.get(name, 0.0) for name in names}
        self.values = {name: former[name] + weight * (probabilities.get(name, 0.0) - former[name]) for name in names}
        self.time_s = time_s
        return self.values

    def reset(self) -> None:
        self.values, self.time_s = {}, None

    def _weight(self, time_s: float) -> float:
        if self.time_s is None or self.seconds == 0:  # the first has nothing to be averaged with
            return 1.0
        return 1 - math.exp((self.time_s - time_s) / self.seconds)
