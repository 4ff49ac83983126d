"""Evidently itself says what our fast distances say, and draws pages that are small enough."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from monitoring.drift import evidently as pages
from monitoring.drift.columns import columns, compared
from monitoring.drift.distances import Table
from monitoring.drift.measuring import measure
from monitoring.drift.thresholds import calibrate, prepare
from pipeline.errors import InputError
from tests.monitoring.drift.factories import FIGURES, NOW, clips, column, reference, watch, window

NAMES = [*FIGURES, "label", "confidence", "entropy"]


def scores(run: Any) -> dict[str, float]:
    """Returns the distances of a run, by column."""
    found = [metric for metric in run.dict()["metrics"] if "ValueDrift" in metric["metric_name"]]
    return {metric["config"]["column"]: float(metric["value"]) for metric in found}


def test_the_fast_distances_are_evidentlys():
    import evidently
    from evidently.presets import DataDriftPreset

    one, other = clips(range(12), seed=1), clips(range(20, 26), size=0.2)
    for rows in (one, other):
        rows.loc[rows.index[::7], ["hand_size", "seen_share", "handedness", "confidence"]] = None
    found = columns(one, NAMES)
    both = compared(pd.concat([one, other], ignore_index=True), found)
    of_window = np.repeat([0.0, 1.0], [len(one), len(other)])
    ours = Table.of(both, found).between(of_window[None], 1 - of_window[None])[0]
    definition = evidently.DataDefinition(
        numerical_columns=[c.name for c in found if c.kind != "category"],
        categorical_columns=[c.name for c in found if c.kind == "category"],
    )
    halves = [pd.DataFrame(both[of_window == of]).reset_index(drop=True) for of in (1, 0)]
    current, before = (evidently.Dataset.from_pandas(half, data_definition=definition) for half in halves)
    methods: dict[str, Any] = {column.name: column.method for column in found}
    preset = DataDriftPreset(columns=list(methods), per_column_method=methods, include_tests=False)
    theirs = scores(evidently.Report([preset]).run(current, before))
    assert {column.method for column in found} == {"wasserstein", "ed", "jensenshannon"}
    assert dict(zip(methods, ours, strict=True)) == pytest.approx(theirs, abs=1e-9)


def test_a_page_is_small_and_says_what_the_report_says(tmp_path: Path):
    thresholds = calibrate(reference(40), watch(resamples=200), window=100)
    rows = window(range(1000, 1010), size=1.5)
    report = measure(thresholds, rows, track="letters", version=3, made=NOW)
    run = pages.snapshot(thresholds, rows, report)
    theirs = scores(run)
    assert theirs["hand_size"] == pytest.approx(column(report, "hand_size").distance, rel=0.02)
    assert theirs["label"] == pytest.approx(column(report, "label").distance, abs=0.003)
    pages.write_html(run, tmp_path / "page.html")
    assert 100_000 < (tmp_path / "page.html").stat().st_size < 8_000_000
    for _ in range(2):
        pages.add(run, tmp_path / "workspace", "letters")
    from evidently.ui.workspace import Workspace

    (project,) = Workspace(str(tmp_path / "workspace")).list_projects()
    assert project.name == "letters"
    assert len(Workspace(str(tmp_path / "workspace")).list_runs(project.id)) == 2


def test_defaults_for_comparison():
    one = pd.DataFrame(clips(range(40))[NAMES])
    assert pages.plain_defaults(one, one) == 0
    assert pages.plain_defaults(one, one.assign(hand_size=one["hand_size"] + 5)) == pytest.approx(1 / len(NAMES))


def test_a_window_without_predictions_has_no_page():
    thresholds = prepare(reference(8), watch(), window=100)
    empty = window(range(1)).iloc[:0]
    report = measure(thresholds, empty, track="letters", version=3, made=NOW)
    assert (report.fired, report.clients, report.expected, report.since) == (False, 0, None, None)
    with pytest.raises(InputError, match="expected predictions in the window, got none"):
        pages.snapshot(thresholds, empty, report)
