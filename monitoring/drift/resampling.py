"""Quiet windows out of the reference itself: some of its people, against the reference without them.

A window of traffic holds a few clients, whose clips resemble each other; rows drawn one by one would promise distances
that no window of few clients ever has. So whole people are drawn, the same number of rows of each, and are left out of
what they are compared with: signers whom nobody has seen before must not fire.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from monitoring.drift.distances import Table
from monitoring.drift.reference import Panel, weights

AT_ONCE = 32  # comparisons, whose weights then fit a processor's cache
Array = NDArray[np.floating]


def quiet_distances(
    panel: Panel, table: Table, *, rows: int, people: int, resamples: int, rng: np.random.Generator
) -> Float[np.ndarray, "B C"]:
    """Returns the distances that windows of so many rows by so many people have from the rest of the reference."""
    members = [np.flatnonzero(panel.group == group) for group in range(panel.num_groups)]
    found = []
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        shape = (count, len(panel.group))
        window, rest = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        for i in range(count):
            _draw(window[i], rest[i], members, rows, people, rng)
        found.append(against(panel, table, window, rest))
    return np.concatenate(found)


def against(panel: Panel, table: Table, window: Float[np.ndarray, "B N"], rest: Float[np.ndarray, "B N"]) -> Array:
    """Returns the distances that windows of a panel's rows have from the others."""
    of = (panel.mix[:, None] == np.arange(len(panel.labels))).astype(window.dtype)
    return compare(table, window, rest, weights(panel, window @ of, rest))


def compare(table: Table, window: Array, reference: Array, weighted: Array) -> Array:
    """Returns the distances from the weighted reference; that of the column `label` from the reference as it is."""
    labels = [column.family == "label" for column in table.columns]
    found = table.only(~np.array(labels)).between(window, weighted)
    out = np.empty((len(window), len(labels)))
    out[:, ~np.array(labels)] = found
    if any(labels):
        out[:, labels] = table.only(np.array(labels)).between(window, reference)
    return out


def _draw(
    window: Array, rest: Array, members: list[NDArray[np.intp]], rows: int, people: int, rng: np.random.Generator
) -> None:
    """Fills in one window and the rest; rows repeat only where a person has too few."""
    chosen = rng.permutation(len(members))[:people]
    for i, person in enumerate(chosen):
        own = members[person]
        count = rows // people + (i < rows % people)
        drawn = rng.permutation(own)[:count] if count <= len(own) else rng.choice(own, count)
        np.add.at(window, drawn, 1.0)
        rest[own] = 0.0
