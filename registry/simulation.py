"""How often the paired gate promotes, over simulated signers: the figures behind its promise of 5 %."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from registry.statistics import Array, bounds


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A candidate that is truly `worse` than the incumbent, tested on signers whose disagreements hang together."""

    units: int
    clips: int  # of a unit, on average
    gain: float  # share of clips that only the candidate gets right
    worse: float  # share by which the incumbent's exclusive successes exceed that
    margin: float
    correlation: float  # of two clips' disagreements within a unit
    uneven: bool = False  # units of geometric instead of Poisson size


def promoted(scenario: Scenario, *, trials: int, seed: int, confidence: float = 0.95, bootstrap: int = 500) -> float:
    """Returns the share of trials in which the candidate passes."""
    gained, lost, clips = draw(scenario, trials, np.random.default_rng(seed))
    found = bounds(gained, lost, clips, confidence=confidence, bootstrap=bootstrap, seed=seed)
    return float((found.lower > -scenario.margin).mean())


def draw(scenario: Scenario, trials: int, generator: np.random.Generator) -> tuple[Array, Array, Array]:
    """Returns gained [U, R], lost [U, R] and clips [U]: beta-binomial, so a unit has its own rates."""
    size = (scenario.units,)
    clips = (
        generator.geometric(1 / scenario.clips, size) if scenario.uneven else generator.poisson(scenario.clips, size)
    )
    clips = np.maximum(clips, 1)
    lost = generator.binomial(clips[:, None], _rates(scenario, scenario.gain + scenario.worse, trials, generator))
    left = _rates(scenario, scenario.gain, trials, generator) / (1 - scenario.gain - scenario.worse)
    gained = generator.binomial(clips[:, None] - lost, np.minimum(left, 1))
    return gained.astype(float), lost.astype(float), clips.astype(float)


def _rates(scenario: Scenario, mean: float, trials: int, generator: np.random.Generator) -> Array:
    shape = (scenario.units, trials)
    if mean == 0 or scenario.correlation == 0:
        return np.full(shape, mean)
    concentration = 1 / scenario.correlation - 1
    return generator.beta(mean * concentration, (1 - mean) * concentration, shape)


def worse_by_the_margin(correlations: tuple[float, ...] = (0.0, 0.02, 0.05)) -> Iterator[Scenario]:
    """Yields the grid over which a model worse by exactly the margin must not pass."""
    for units, clips, gain, margin, correlation, uneven in product(
        (10, 20, 40, 60), (20, 100), (0.0, 0.01, 0.05), (0.01, 0.02, 0.05), correlations, (False, True)
    ):
        yield Scenario(
            units=units, clips=clips, gain=gain, worse=margin, margin=margin, correlation=correlation, uneven=uneven
        )
