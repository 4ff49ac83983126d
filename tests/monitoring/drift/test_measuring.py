import numpy as np
import pandas as pd
import pytest

from monitoring.drift.measuring import effective, matched, measure
from monitoring.drift.report import Report
from monitoring.drift.thresholds import Thresholds, calibrate, prepare
from tests.monitoring.drift.factories import NOW, column, reference, watch, window


def measured(thresholds: Thresholds, rows: pd.DataFrame) -> Report:
    return measure(thresholds, rows, track="letters", version=3, made=NOW)


def test_what_is_missing_is_a_column_of_its_own():
    thresholds = calibrate(reference(40), watch(resamples=200), window=100)
    rows = window(range(1000, 1010))
    rows.loc[rows.index[:60], "hand_size"] = None
    report = measured(thresholds, rows)
    missing = column(report, "hand_size missing")
    assert missing.fired
    assert (missing.family, missing.kind, missing.window) == ("seen", "share", pytest.approx(0.6))
    assert column(report, "hand_size").missing == (pytest.approx(0.6), 0.0)
    assert column(report, "fps missing").family == "input"


def test_a_constant_fires_when_it_is_another_one_and_not_when_it_wavers():
    thresholds = calibrate(reference(40), watch(resamples=200), window=100)
    rows = window(range(1000, 1010))
    assert column(measured(thresholds, rows.assign(fps=7.5)), "fps").fired
    assert not column(measured(thresholds, rows.assign(fps=14.8)), "fps").fired


def test_what_cannot_be_compared_is_named():
    thresholds = prepare(reference(8).assign(aspect=np.nan), watch(), window=100)
    report = measured(thresholds, window(range(1000, 1010)).assign(new_figure=1.0))
    for name in ("aspect", "new_figure"):
        found = column(report, name)
        assert (found.distance, found.threshold) == (None, None)
        assert found.method.startswith("not compared")
    absent = column(measured(thresholds, window(range(1000, 1010)).drop(columns="fps")), "fps")
    assert (absent.distance, absent.missing) == (None, (1.0, 0.0))


def test_the_reference_is_mixed_as_the_window_is():
    panel = prepare(reference(16), watch(), window=100).panels[0]
    plain, weighted = matched(panel, pd.DataFrame({"label": ["A"] * 30 + ["B"] * 10 + ["other"] * 5}))
    assert set(plain) == {1.0}
    mix = {name: float(weighted[panel.mix == i].sum()) for i, name in enumerate(panel.labels)}
    assert mix == pytest.approx({"A": 30.0, "B": 10.0, "C": 0.0})


def test_busy_clients_count_for_fewer():
    assert effective(np.array([0, 0, 1, 1])) == 2
    assert effective(np.array([0] * 99 + [1])) == pytest.approx(1.02, abs=0.01)
    thresholds = calibrate(reference(80), watch(resamples=200), window=100)
    even = window(range(1000, 1010))
    one = even.assign(client=["busy"] * 90 + [f"{i}" for i in range(10)])
    limits = [column(measured(thresholds, rows), "hand_size").threshold or 0 for rows in (even, one)]
    assert limits[1] > 1.3 * limits[0]


def test_a_long_window_is_sampled_and_said_so():
    thresholds = prepare(reference(8), watch(max_rows=500), window=100)
    report = measured(thresholds, window(range(1000, 1030), rows=900))
    assert (report.predictions, report.sampled) == (900, 500)
    assert report.columns == measured(thresholds, window(range(1000, 1030), rows=900)).columns


def test_clients_in_rows():
    rows = window(range(1000, 1003), rows=90)
    rows["truth"] = [label if i < 10 else None for i, label in enumerate(rows["label"])]
    report = measured(prepare(reference(8), watch(), window=50), rows)
    assert [row["predictions"] for row in report.groups] == [30, 30, 30]
    assert {row["corrected"] for row in report.groups} <= {1.0, None}
    assert sum(row["spoken_of"] for row in report.groups) == 10
    assert report.corrected is not None
    assert (report.corrected.value, report.corrected.count) == (1.0, 10)


def test_a_report_survives_json():
    report = measured(calibrate(reference(40), watch(resamples=200), window=100), window(range(1000, 1010)))
    assert Report.from_json(report.to_json()) == report
