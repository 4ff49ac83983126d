"""Lower one-sided bounds of a paired difference in accuracy or in errors, where clips of one signer are alike.

Legend: U units (signers, recordings), R independent replicates. Counts are [U] or [U, R]: for each unit the clips that
only the candidate got right (`gained`), that only the incumbent got right (`lost`), and all (`clips`, always [U]).
Three bounds, each blind where another sees; what counts is the smallest. The t interval and the bootstrap follow the
scatter between units, but collapse to a point where hardly a pair disagrees; the score interval holds there.

Trap: a score interval that takes clips as independent promotes a model that is worse by the margin in up to half of the
trials when its losses sit with few signers, and so does the minimum of the three. So clips are first shrunk to an
effective number, never less cautiously than CORRELATION says: the 5 % hold for disagreements correlated within a unit
up to that. `simulation` shows it, and what happens beyond.

Of other measures than right and wrong (`of_means`) there are the two bounds that follow the scatter: errors are seldom
equal, so they do not collapse.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
CORRELATION = 0.05  # of two clips' disagreements within a unit; more caution needs more signers for the same margin
MAX_WEIGHTS = 4_000_000  # bootstrap weights held at once


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The paired difference, candidate − incumbent, and its lower bounds; each [] or [R]."""

    difference: Array
    cluster_t: Array
    bootstrap: Array
    score: Array | None = None  # of proportions alone

    @property
    def lower(self) -> Array:
        lower = np.minimum(self.cluster_t, self.bootstrap)
        return lower if self.score is None else np.minimum(lower, self.score)


def bounds(gained: Array, lost: Array, clips: Array, *, confidence: float, bootstrap: int, seed: int) -> Bounds:
    """Returns all three bounds; needs two units."""
    gained, lost, clips = (np.asarray(count, float) for count in (gained, lost, clips))
    net = gained - lost
    effect = design_effect(gained, lost, clips, confidence)
    return Bounds(
        difference=net.sum(0) / clips.sum(),
        cluster_t=cluster_t(net, clips, confidence),
        bootstrap=cluster_bootstrap(net, clips, confidence, bootstrap, seed),
        score=tango(gained.sum(0) / effect, lost.sum(0) / effect, clips.sum() / effect, confidence),
    )


def of_means(gain: Array, clips: Array, *, confidence: float, bootstrap: int, seed: int) -> Bounds:
    """Returns the bounds of a mean gain a clip, of which `gain` has the sum in each unit; needs two units."""
    gain, clips = np.asarray(gain, float), np.asarray(clips, float)
    return Bounds(
        difference=gain.sum(0) / clips.sum(),
        cluster_t=cluster_t(gain, clips, confidence),
        bootstrap=cluster_bootstrap(gain, clips, confidence, bootstrap, seed),
    )


def cluster_t(net: Array, clips: Array, confidence: float) -> Array:
    """Returns the t bound of the ratio net / clips, with its linearised variance over units.

    Source: Cochran, Sampling Techniques, 3rd edition, section 6.3; n − 1 degrees of freedom.
    """
    ratio = net.sum(0) / clips.sum()
    spread = np.sqrt(_between(net, clips)) / clips.sum()
    return ratio - stats.t.ppf(confidence, len(clips) - 1) * spread


def cluster_bootstrap(net: Array, clips: Array, confidence: float, resamples: int, seed: int) -> Array:
    """Returns the percentile bound over units drawn with replacement, whole.

    Source: Davison and Hinkley, Bootstrap Methods and their Application, section 3.8.
    """
    generator, units = np.random.default_rng(seed), len(clips)
    step = max(1, MAX_WEIGHTS // units)
    ratios = []
    for start in range(0, resamples, step):
        draws = generator.multinomial(units, np.full(units, 1 / units), min(step, resamples - start)).astype(float)
        ratios.append(((draws @ net).T / (draws @ clips)).T)
    return np.quantile(np.concatenate(ratios), 1 - confidence, axis=0, method="lower")


def design_effect(gained: Array, lost: Array, clips: Array, confidence: float) -> Array:
    """Returns by how much to divide the clips: what was observed, what CORRELATION implies, or 1, the largest.

    Widened by (t / z)², since few units estimate little.
    Source: Kish, Survey Sampling, section 8.2, with unequal units as Σ clips² / Σ clips.
    """
    net = gained - lost
    alone = (gained + lost).sum(0) - net.sum(0) ** 2 / clips.sum()  # the variance, were clips independent
    observed = np.divide(_between(net, clips), alone, out=np.ones_like(alone), where=alone > 0)
    assumed = 1 + ((clips**2).sum() / clips.sum() - 1) * CORRELATION
    widening = (stats.t.ppf(confidence, len(clips) - 1) / stats.norm.ppf(confidence)) ** 2
    return np.maximum(observed, max(1.0, assumed)) * widening


def tango(gained: Array, lost: Array, clips: Array, confidence: float) -> Array:
    """Returns the score bound for paired proportions; holds for few or no discordant pairs.

    Source: Tango 1998, Statistics in Medicine 17, 891–908; solved by bisection, since the statistic falls as the
    assumed difference rises. Without a discordant pair the bound is −z² / (clips + z²).
    """
    z = stats.norm.ppf(confidence)
    high = np.asarray((gained - lost) / clips, float)
    low = np.full_like(high, -1.0)
    for _ in range(50):
        middle = (low + high) / 2
        too_low = _score(gained, lost, clips, middle) > z
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return low


def _score(gained: Array, lost: Array, clips: Array, difference: Array) -> Array:
    """Tango's statistic: how many standard errors the observed net gain is above an assumed difference."""
    linear = -gained - lost + (2 * clips - gained + lost) * difference
    constant = -lost * difference * (1 - difference)
    only_lost = (np.sqrt(np.maximum(linear**2 - 8 * clips * constant, 0)) - linear) / (4 * clips)
    variance = clips * (2 * only_lost + difference * (1 - difference))
    return (gained - lost - clips * difference) / np.sqrt(np.maximum(variance, 1e-300))


def _between(net: Array, clips: Array) -> Array:
    """The variance of the summed net gain, from its scatter between units."""
    residuals = net - np.multiply.outer(clips, net.sum(0) / clips.sum())
    return (residuals**2).sum(0) * len(clips) / (len(clips) - 1)
