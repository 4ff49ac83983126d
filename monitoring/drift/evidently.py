"""The same comparison as Evidently's page, and in a workspace that `evidently ui` shows the history of.

Nothing else imports Evidently: that takes seconds, which no server and no look has. It is given our methods and our
thresholds column by column, so that it says what the report says; its defaults choose a test by the number of rows.
Evidently knows no weights: the reference is drawn row by row to the window's mix of labels, at even steps, so that its
distances differ a little from the report's, which are weighted.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.columns import compared
from monitoring.drift.measuring import matched
from monitoring.drift.reference import sample
from monitoring.drift.report import Report
from monitoring.drift.thresholds import Thresholds
from pipeline.errors import InputError
from pipeline.files import replacing

MOST_ROWS = 5000  # of either side: a page holds what it draws


def snapshot(thresholds: Thresholds, window: pd.DataFrame, report: Report) -> Any:
    """Returns Evidently's run over what the report compared.

    Raises: InputError for a window without predictions, or where Evidently is not installed.
    """
    if window.empty:
        raise InputError(f"'{report.track}': expected predictions in the window, got none. Give a longer one.")
    try:
        import evidently
        from evidently.presets import DataDriftPreset
    except ModuleNotFoundError:
        raise InputError(
            "drift pages are drawn by Evidently, which is not installed. Install it: python -m pip install -e ."
        ) from None
    columns = [column for panel in thresholds.panels for column in panel.columns]
    found = {column.name: report.of(column.name) for column in columns}
    limits = {name: one.threshold for name, one in found.items() if one is not None and one.threshold is not None}
    kinds = {kind: [c.name for c in columns if (c.kind == "category") == kind] for kind in (True, False)}
    definition = evidently.DataDefinition(numerical_columns=kinds[False], categorical_columns=kinds[True])
    current, reference = (
        evidently.Dataset.from_pandas(rows, data_definition=definition) for rows in sides(thresholds, window)
    )
    preset = DataDriftPreset(
        columns=[name for name in found if _some(current, name) and _some(reference, name)],
        per_column_method={column.name: column.method for column in columns},
        per_column_threshold=limits,
        include_tests=False,
    )
    drawn = evidently.Report([preset], metadata={"track": report.track, "version": str(report.version)})
    return drawn.run(current, reference, timestamp=report.made, name=f"{report.track} {report.made:%Y-%m-%d %H:%M}")


def plain_defaults(reference: pd.DataFrame, window: pd.DataFrame) -> float:
    """Returns the share of columns that Evidently's own choice of tests and thresholds calls drifted."""
    import evidently
    from evidently.presets import DataDriftPreset

    run = evidently.Report([DataDriftPreset(include_tests=False)]).run(window, reference)
    return float(next(one["value"]["share"] for one in run.dict()["metrics"] if "share" in str(one["value"])))


def sides(thresholds: Thresholds, window: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns window and reference as tables with the same columns; a panel's are missing in rows of the others."""
    rows = sample(window, MOST_ROWS, thresholds.watch.seed).reset_index(drop=True)
    current, reference = [], []
    for panel in thresholds.panels:
        current.append(compared(rows, panel.columns))
        labels = [column.name for column in panel.columns if column.family == "label"]
        plain, weighted = (panel.rows.iloc[_draw(one, MOST_ROWS)] for one in matched(panel, rows))
        reference += [weighted.drop(columns=labels), plain[labels]]
    return pd.concat(current, axis=1), pd.concat(reference, ignore_index=True)


def write_html(run: Any, file: Path) -> None:
    """Writes a page that needs nothing beside it."""
    with replacing(file) as beside:
        run.save_html(str(beside))


def add(run: Any, folder: Path, track: str) -> None:
    """Adds a run to a track's project in a workspace; both are made where they are not there yet."""
    from evidently.ui.workspace import Workspace

    workspace = Workspace.create(str(folder))
    found = [project for project in workspace.list_projects() if project.name == track]
    project = found[0] if found else workspace.create_project(track, description="drift of what is served")
    workspace.add_run(project.id, run)


def _draw(weights: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Returns so many rows drawn by their weights at even steps; of few rows each is drawn several times.

    Shuffled before: rows come label after label, a rhythm that the steps could fall into.
    """
    order = np.random.default_rng(0).permutation(len(weights))
    ends = np.cumsum(weights[order])
    return order[np.searchsorted(ends, (np.arange(most) + 0.5) / most * ends[-1])]


def _some(dataset: Any, name: str) -> bool:
    return bool(dataset.as_dataframe()[name].notna().any())
