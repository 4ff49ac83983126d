"""Evidently's distances, exact, between many weighted samples of one table at once.

Legend: B comparisons, N rows, C columns, U different values. A row's weight says how often it is in a sample; a pair of
weights a comparison, [B, N] each. What calibration resamples thousands of times and what a report measures once
goes through here; `tests/monitoring/drift` holds it against Evidently's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray

from monitoring.drift.columns import Column

FEW = 64  # different values, up to which rows are counted by value and not gone through in order
LEAST_NORM = 0.001  # Evidently's: the reference's standard deviation is taken for at least that
Array = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ordered:
    """A column of numbers: known rows in the order of their values, and how far each is below the next.

    of  [N, U] which row has which value, where these are few; the order is then that of the values
    """

    known: Array
    rows: NDArray[np.intp]
    gaps: Array
    values: Array
    of: Array | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The rows that samples are drawn from, prepared once.

    names  of each category column its different values
    """

    columns: tuple[Column, ...]
    prepared: tuple[_Ordered | Array, ...]
    names: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, rows: pd.DataFrame, columns: Sequence[Column], *, dtype: type = np.float64) -> "Table":
        """Prepares rows as `columns.compared` gives them; weights are best of the same type."""
        prepared: list[_Ordered | Array] = []
        names = []
        for column in columns:
            if column.kind == "category":
                codes, found = pd.factorize(rows[column.name], sort=True)
                prepared.append((codes[:, None] == np.arange(len(found))).astype(dtype))
                names.append(tuple(str(name) for name in found))
            else:
                prepared.append(_ordered(rows[column.name].to_numpy(float), dtype))
                names.append(())
        return cls(columns=tuple(columns), prepared=tuple(prepared), names=tuple(names))

    def only(self, chosen: NDArray[np.bool_]) -> "Table":
        """Returns the chosen columns."""
        keep = np.flatnonzero(chosen)
        return Table(
            columns=tuple(self.columns[i] for i in keep),
            prepared=tuple(self.prepared[i] for i in keep),
            names=tuple(self.names[i] for i in keep),
        )

    def between(self, window: Float[np.ndarray, "B N"], reference: Float[np.ndarray, "B N"]) -> Array:
        """Returns the distances [B, C]; NaN where a sample has no known value of a column."""
        out = np.empty((len(window), len(self.columns)))
        differences: dict[bytes, Array] = {}  # columns that know the same rows have the same; NaN of no known row
        with np.errstate(invalid="ignore", divide="ignore"):
            for i, (column, how) in enumerate(zip(self.columns, self.prepared, strict=True)):
                if not isinstance(how, _Ordered):
                    out[:, i] = jensen_shannon(window @ how, reference @ how)
                    continue
                mask = how.known.tobytes()
                if mask not in differences:
                    shares = [weights / (weights @ how.known)[:, None] for weights in (window, reference)]
                    differences[mask] = np.subtract(*shares)
                found = _of_numbers(how, differences[mask], reference, normed=column.method == "wasserstein")
                out[:, i] = np.where(np.isfinite(differences[mask][:, 0]), found, np.nan)
        return out

    def centre(self, weights: Float[np.ndarray, " N"]) -> list[float | str | None]:
        """Returns each column's weighted mean, or its commonest name."""
        found: list[float | str | None] = []
        for how, names in zip(self.prepared, self.names, strict=True):
            if isinstance(how, _Ordered):
                total = float(weights @ how.known)
                found.append(float(weights @ (how.values * how.known)) / total if total > 0 else None)
            else:
                counts = weights @ how
                found.append(names[int(counts.argmax())] if counts.sum() > 0 else None)
        return found

    def spread(self, weights: Float[np.ndarray, " N"]) -> Array:
        """Returns each number's standard deviation; NaN of categories."""
        return np.array(
            [_norm(how, weights[None])[0] if isinstance(how, _Ordered) else np.nan for how in self.prepared]
        )

    def missing(self, weights: Float[np.ndarray, " N"]) -> Array:
        """Returns the share of a sample's rows that lack a value, of each column.

        Both sides are summed: what is there alone, beside the sum of all weights, leaves a rounding error for nothing.
        """
        known = [how.known if isinstance(how, _Ordered) else how.sum(1) for how in self.prepared]
        there, absent = (np.array([weights @ one for one in side]) for side in (known, [1 - one for one in known]))
        return np.divide(absent, there + absent, out=np.ones_like(absent), where=there + absent > 0)


def jensen_shannon(window: Float[np.ndarray, "B K"], reference: Float[np.ndarray, "B K"]) -> Array:
    """Returns the square root of the Jensen-Shannon divergence, natural logarithms, of counts."""
    p, q = (counts / counts.sum(1, keepdims=True) for counts in (window, reference))
    middle = (p + q) / 2
    bits = [np.where(one > 0, one * np.log(np.where(one > 0, one / middle, 1.0)), 0.0).sum(1) for one in (p, q)]
    return np.where(np.isnan(p).any(1) | np.isnan(q).any(1), np.nan, np.sqrt(np.maximum(sum(bits), 0.0) / 2))


def _ordered(values: NDArray[np.float64], dtype: type) -> _Ordered:
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0).astype(dtype)
    different = np.unique(values[known])
    if len(different) <= FEW:
        of = (values[:, None] == different).astype(dtype)
        rows, gaps = np.empty(0, np.intp), np.diff(different)
    else:
        rows, of = np.flatnonzero(known)[np.argsort(values[known], kind="stable")], None
        gaps = np.diff(values[rows])
    return _Ordered(known=known.astype(dtype), rows=rows, gaps=gaps.astype(dtype), values=filled, of=of)


def _of_numbers(how: _Ordered, difference: Array, reference: Array, *, normed: bool) -> Array:
    """Integrates the difference of the distribution functions: its size, or its square.

    difference  [B, N] of the rows' shares in window and reference
    Source: Székely and Rizzo, Energy statistics, 2013: the energy distance in one dimension is √(2 ∫ (F − G)²).
    """
    steps = difference[:, how.rows] if how.of is None else difference @ how.of
    apart = np.cumsum(steps, axis=1, out=steps)[:, :-1]
    if normed:
        return np.abs(apart, out=apart) @ how.gaps / np.maximum(_norm(how, reference), LEAST_NORM)
    return np.sqrt(2 * np.square(apart, out=apart) @ how.gaps)


def _norm(how: _Ordered, weights: Array) -> Array:
    """Returns the standard deviation of weighted samples [B]; about a middle that is near, or digits are lost."""
    middle = float(how.values @ how.known) / max(float(how.known.sum()), 1.0)
    away = (how.values - middle) * how.known
    total = weights @ how.known
    return np.sqrt(np.maximum(weights @ (away * away) / total - (weights @ away / total) ** 2, 0.0))
