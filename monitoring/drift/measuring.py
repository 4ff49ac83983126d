"""A window of the prediction log against the reference: the report."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.accuracy import corrected, expected
from monitoring.drift.columns import compared, present, right
from monitoring.drift.distances import Table
from monitoring.drift.reference import BESIDE, Panel, codes, sample, weights
from monitoring.drift.report import ColumnDrift, Report
from monitoring.drift.resampling import compare
from monitoring.drift.thresholds import Thresholds
from monitoring.log.reading import PLAIN

LOGGED = {*PLAIN, *BESIDE, "margin", "truth", "number"}  # of a window's columns, what is no figure
SHOWN = 20  # clients, the largest
SEEN = "seen_share"


def measure(
    thresholds: Thresholds,
    window: pd.DataFrame,
    *,
    track: str,
    version: int,
    made: datetime,
    predictions: int | None = None,
    form: str = "hand",
) -> Report:
    """Compares a window, a sample of it above `max_rows`; what `predictions` counts was sampled before.

    Thresholds are those for as many clients as the window's would be, were they equally busy.
    """
    rows = sample(window, thresholds.watch.max_rows, thresholds.watch.seed)
    clients = pd.factorize(rows["client"].astype(object))[0]
    why_not = _why_not(thresholds, len(rows))
    found: list[ColumnDrift] = []
    for panel, limits in zip(thresholds.panels, thresholds.limits, strict=True):
        above = None if _too_few(thresholds, len(rows)) else limits.of(effective(clients))
        found += _columns(panel, rows, above)
    found += [_not_compared(name, rows) for name in _without_counterpart(thresholds, rows)]
    times = rows["time"] if "time" in rows and len(rows) else None
    return Report(
        track=track,
        version=version,
        made=made,
        since=None if times is None else times.min().to_pydatetime(),
        until=None if times is None else times.max().to_pydatetime(),
        predictions=len(window) if predictions is None else predictions,
        sampled=len(rows),
        clients=len(np.unique(clients)),
        calibrated=thresholds.calibrated and not _too_few(thresholds, len(rows)),
        why_not=why_not,
        columns=tuple(found),
        corrected=corrected(rows, clients),
        expected=expected(rows, clients, thresholds.usual),
        usual=thresholds.usual.accuracy,
        groups=_groups(rows),
        form=form,
    )


def effective(clients: NDArray[np.intp]) -> float:
    """Returns how many equally busy clients say as much: Kish's effective number."""
    sizes = np.bincount(clients).astype(float)
    return float(sizes.sum() ** 2 / np.square(sizes).sum()) if len(clients) else 0.0


def matched(panel: Panel, rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the panel's rows as they are, and weighted to the labels of a window, [N] each."""
    mix = codes(panel, rows["label"])
    counts = np.bincount(mix[mix >= 0], minlength=len(panel.labels)).astype(float)
    plain = np.ones((1, len(panel.rows)))
    return plain[0], weights(panel, counts[None], plain)[0]


def _columns(panel: Panel, rows: pd.DataFrame, above: NDArray[np.float64] | None) -> list[ColumnDrift]:
    both = pd.concat([panel.rows, compared(rows, panel.columns)], ignore_index=True)
    table = Table.of(both, panel.columns)
    plain, weighted = (np.concatenate([one, np.zeros(len(rows))]) for one in matched(panel, rows))
    own = np.concatenate([np.zeros(len(panel.rows)), np.ones(len(rows))])
    if len(rows) == 0:
        distances = np.full(len(panel.columns), np.nan)
    else:
        distances = compare(table, own[None], plain[None], weighted[None])[0]
    missing = np.stack([table.missing(weighted), table.missing(own)]).T
    centres = [table.centre(weights) for weights in (plain, weighted, own)]
    return [
        ColumnDrift(
            name=column.name,
            family=column.family,
            kind=column.kind,
            method=column.method,
            distance=None if np.isnan(distances[i]) else float(distances[i]),
            threshold=None if above is None else float(above[i]),
            reference=centres[0 if column.family == "label" else 1][i],
            window=centres[2][i],
            missing=(float(missing[i][1]), float(missing[i][0])),
        )
        for i, column in enumerate(panel.columns)
    ]


def _without_counterpart(thresholds: Thresholds, rows: pd.DataFrame) -> list[str]:
    """Names what only one of reference and window has."""
    known = {column.name for panel in thresholds.panels for column in panel.columns}
    return sorted({*thresholds.not_compared, *(name for name in rows.columns if name not in LOGGED)} - known)


def _not_compared(name: str, rows: pd.DataFrame) -> ColumnDrift:
    """Returns a column that is named and not compared: the reference knows no value of it."""
    missing = 1 - float(present(rows[name]).mean()) if name in rows and len(rows) else 1.0
    return ColumnDrift(
        name=name,
        family="input",
        kind="number",
        method="not compared: the reference has no value",
        distance=None,
        threshold=None,
        reference=None,
        window=None,
        missing=(missing, 1.0),
    )


def _too_few(thresholds: Thresholds, count: int) -> bool:
    return count < max(thresholds.window, thresholds.watch.min_predictions)


def _why_not(thresholds: Thresholds, count: int) -> str:
    if _too_few(thresholds, count):
        least = max(thresholds.window, thresholds.watch.min_predictions)
        return f"{count} predictions, expected at least {least}"
    return thresholds.why_not


def _groups(rows: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Returns the largest clients: how many predictions, how much was not seen, how sure and how right the answers."""
    found = []
    for client, own in rows.groupby(rows["client"].astype(object), sort=False):
        spoken = present(own["truth"]) if "truth" in own else np.zeros(len(own), bool)
        seen = np.asarray(own[SEEN], dtype=np.float64) if SEEN in own else np.empty(0)
        found.append(
            {
                "group": str(client),
                "predictions": len(own),
                "not_seen": _mean(1 - seen),
                "confidence": _mean(np.asarray(own["confidence"], dtype=np.float64)),
                "corrected": _mean(right(own, "truth")[spoken]) if spoken.any() else None,
                "spoken_of": int(spoken.sum()),
            }
        )
    return tuple(sorted(found, key=lambda row: (-row["predictions"], row["group"]))[:SHOWN])


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
