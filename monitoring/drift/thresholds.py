"""Thresholds that keep a promise: of windows in which nothing changed, at most `alarm_rate` fire, over all columns.

Each column's distance is taken from its median in quiet windows, in units of how far its 99 % quantile is above that;
of all columns together the largest counts. The quantile of that maximum is the threshold of all of them, so a column
more costs no false alarm and correlated columns cost nothing (the max statistic of Westfall and Young, Resampling-Based
Multiple Testing, 1993, section 2.6). Panels share the rate equally.

Thresholds depend on how many people a window holds more than on how many rows: they are found for some numbers of
people, and between these taken on a straight line over the logarithm, above which no distance of this kind lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from monitoring.drift.accuracy import Usual
from monitoring.drift.distances import LEAST_NORM, Table
from monitoring.drift.reference import Panel, not_compared, panels
from monitoring.drift.resampling import quiet_distances
from pipeline.params.watching import Watch

PEOPLE = (1, 2, 4, 8, 16, 32, 64, 128)  # in a window
HIGH = 0.99  # quantile that columns are scaled by: far out, or one column of few values sets the room of all
# What nobody would act on, however sure it is: shares of a column's spread, or of its value where it is constant;
# energy distance of a share that changes by 2 points; Jensen-Shannon distance where 1 of 150 is new.
LEAST = {"wasserstein": 0.05, "ed": 0.03, "jensenshannon": 0.05}
CONSTANT = 1e-3  # spread in shares of the value, up to which a column is constant
Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The thresholds of a panel, [P, C] by number of people; None where there are too few to find any."""

    people: tuple[int, ...] = ()
    above: tuple[tuple[float, ...], ...] | None = None
    why_not: str = ""

    def of(self, people: float) -> Array | None:
        """Returns the columns' thresholds for windows of so many people; for fewer than the fewest, those of these."""
        if self.above is None:
            return None
        known, at = np.log(self.people), np.log(max(people, 1.0))
        return np.array([np.interp(at, known, column) for column in np.array(self.above).T])


@dataclass(frozen=True, kw_only=True, eq=False)
class Thresholds:
    """A reference, ready to be compared with.

    window        rows that the thresholds are for
    not_compared  figures of which the reference has no value
    usual         how often the version is right, on its test clips
    """

    panels: tuple[Panel, ...]
    limits: tuple[Limits, ...]
    window: int
    watch: Watch
    not_compared: tuple[str, ...]
    usual: Usual

    @property
    def calibrated(self) -> bool:
        """Whether some columns have thresholds; those that have none do not fire."""
        return any(limit.above is not None for limit in self.limits)

    @property
    def why_not(self) -> str:
        return "; ".join(limit.why_not for limit in self.limits if limit.why_not)


def calibrate(reference: pd.DataFrame, watch: Watch, *, window: int, rows: int | None = None) -> Thresholds:
    """Finds the thresholds for windows of so many rows.

    rows  of the reference at most, where not `watch.max_rows`

    Raises: InputError where the reference is none.
    """
    made = prepare(reference, watch, window=window, rows=rows)
    return with_limits(made, find_limits(made))


def prepare(reference: pd.DataFrame, watch: Watch, *, window: int, rows: int | None = None) -> Thresholds:
    """Returns the reference ready to be compared with, without thresholds yet."""
    found = panels(reference, max_rows=rows or watch.max_rows, seed=watch.seed)
    return Thresholds(
        panels=found,
        limits=tuple(Limits(why_not="not calibrated") for _ in found),
        window=window,
        watch=watch,
        not_compared=not_compared(reference),
        usual=Usual.of(reference),
    )


def find_limits(made: Thresholds) -> tuple[Limits, ...]:
    """Resamples; of panels with too few people there are none, and the others have the whole rate."""
    enough = [panel.num_groups >= made.watch.min_groups for panel in made.panels]
    rate = made.watch.alarm_rate / max(sum(enough), 1)
    found = []
    for i, panel in enumerate(made.panels):
        if enough[i]:
            rng = np.random.default_rng([made.watch.seed, i])
            found.append(_limits(panel, made.watch, rows=made.window, rate=rate, rng=rng))
        else:
            people = f"{panel.title}: {panel.num_groups} people, expected at least {made.watch.min_groups}"
            found.append(Limits(why_not=people))
    return tuple(found)


def with_limits(made: Thresholds, limits: Sequence[Limits]) -> Thresholds:
    return replace(made, limits=tuple(limits))


def to_json(limits: Sequence[Limits]) -> list[dict[str, Any]]:
    """Returns limits as JSON takes them; they are all of calibration that takes time."""
    return [vars(limit) for limit in limits]


def from_json(fields: Sequence[dict[str, Any]]) -> tuple[Limits, ...]:
    """Reads what `to_json` wrote."""
    return tuple(
        Limits(
            people=tuple(one["people"]),
            above=None if one["above"] is None else tuple(map(tuple, one["above"])),
            why_not=one["why_not"],
        )
        for one in fields
    )


def _limits(panel: Panel, watch: Watch, *, rows: int, rate: float, rng: np.random.Generator) -> Limits:
    table = Table.of(panel.rows, panel.columns, dtype=np.float32)  # half the memory, five digits of a distance
    most = panel.num_groups // 2  # with more, the rest is the smaller part and says more than a reference would
    people = (*(count for count in PEOPLE if 1.5 * count <= most), most)
    least = _least(panel, table)
    above = []
    for count in people:
        quiet = quiet_distances(panel, table, rows=rows, people=count, resamples=watch.resamples, rng=rng)
        above.append(np.maximum(_above(quiet, rate, panel.num_groups), least))
    falling = np.maximum.accumulate(above[::-1])[::-1]  # by chance a few people may seem to differ less than many
    return Limits(people=people, above=tuple(tuple(float(x) for x in row) for row in falling))


def _above(quiet: Array, rate: float, groups: int) -> Array:
    """Returns the thresholds that a share `rate` of quiet windows exceeds in any column.

    Few people show little of how people differ: the distance above the median is widened as Student's t is against
    the normal distribution, at this rate.
    """
    quiet = np.where(np.isnan(quiet), 0.0, quiet)  # a window without a value of a column does not fire in it
    middle = np.median(quiet, axis=0)
    scale = np.quantile(quiet, HIGH, axis=0) - middle
    scale = np.maximum(scale, 1e-9)
    largest = ((quiet - middle) / scale).max(1)
    wide = stats.t.ppf(1 - rate, groups - 1) / stats.norm.ppf(1 - rate)
    return middle + float(np.quantile(largest, 1 - rate, method="higher")) * wide * scale


def _least(panel: Panel, table: Table) -> Array:
    """Returns for each column the distance below which a change is of no interest."""
    everything = np.ones(len(panel.rows), np.float32)
    found = []
    centres, spreads = table.centre(everything), table.spread(everything)
    for column, centre, spread in zip(table.columns, centres, spreads, strict=True):
        least = LEAST[column.method]
        if isinstance(centre, float) and column.kind == "number" and spread <= CONSTANT * abs(centre):
            least *= abs(centre) / max(float(spread), LEAST_NORM)
        found.append(least)
    return np.array(found)
