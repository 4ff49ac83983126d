"""Evaluations, holders, drift and runs as the page has them: numbers that one checks by hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import orjson

from registry.ledger import OUTSIDE, Entry
from serving.dashboard.drifting import drifting
from serving.dashboard.evaluated import figures_of
from serving.dashboard.registered import registered
from serving.dashboard.runs import runs
from tests.monitoring.log.factories import NOON
from tests.serving.dashboard import scenes


def test_errors_are_counted_by_class_group_and_pair():
    target = np.array(["A", "A", "B", "B"])
    label = np.array(["A", "B", "B", "no hand"])
    told = figures_of(target, label, np.array(["s", "t", "s", "t"]), ["A", "B", "C"])
    assert told["confusion"] == {"rows": ["A", "B"], "columns": ["A", "B", "no hand"], "clips": [[1, 1, 0], [0, 1, 1]]}
    assert told["by_group"]["rows"] == ["t", "s"]
    assert told["by_group"]["shares"] == [[0.0, 0.0], [1.0, 1.0]]
    assert [(one["name"], one["share"], one["clips"]) for one in told["groups"]] == [("t", 0.0, 2), ("s", 1.0, 2)]
    assert told["pairs"][0] == {"actual": "A", "said": "B", "clips": 1, "share": 0.5}


def test_a_group_without_a_class_is_not_called_right_or_wrong():
    told = figures_of(np.array(["A", "B"]), np.array(["A", "B"]), np.array(["s", "t"]), ["A", "B"])
    assert told["by_group"]["shares"] == [[1.0, None], [None, 1.0]]


def moved(number: int, before: int | None, after: int | None, what: str = "promoted", **more: object) -> Entry:
    fields = {"version": after, "who": "ann", "when": NOON + timedelta(days=number), **more}
    return Entry(what=what, before=before, after=after, number=number, **fields)  # type: ignore[arg-type]


def test_holders_are_those_that_counted():
    told = [
        moved(1, None, 1),
        moved(2, 1, 1, "judged", version=2, verdict="refused"),
        moved(3, 1, 2),
        moved(4, 1, 3),  # came too late: 2 was there
        moved(5, 2, 1, "rolled back"),
        moved(6, 1, None, "deleted", version=1, who=OUTSIDE),
    ]
    found = registered(told, [])
    assert [(one["version"], one["what"]) for one in found["moves"]] == [
        (1, "promoted"),
        (2, "promoted"),
        (1, "rolled back"),
        (None, "deleted"),
    ]
    assert [entry["number"] for entry in found["ledger"] if entry["superseded"]] == [4]
    assert found["ledger"][0]["number"] == 6


def test_drift_comes_oldest_first_in_thresholds():
    told = drifting([(scenes.report(NOON, excess=2.0), None), (scenes.report(NOON - timedelta(days=1)), None)])
    assert [round(one["excess"], 6) for one in told["looks"]] == [0.4, 2.0]
    assert told["looks"][-1]["fired"] == ["right_hand_seen"]
    assert told["series"][0]["name"] == "right_hand_seen"
    assert told["series"][0]["excess"] == [one["excess"] for one in told["looks"]]


def test_uncalibrated_columns_have_no_excess():
    told = drifting([(scenes.report(NOON, calibrated=False), None)])
    assert (told["looks"][0]["calibrated"], told["series"][0]["excess"]) == (False, [None])
    assert not told["columns"][0]["fired"]


def note(stage: str, minute: int, outcome: str = "done", track: str = "letters") -> bytes:
    began = (NOON + timedelta(minutes=minute)).isoformat()
    return orjson.dumps({"track": track, "stage": stage, "began": began, "seconds": 30.0, "outcome": outcome}) + b"\n"


def test_stages_become_runs(tmp_path: Path):
    file = tmp_path / "stages.jsonl"
    lines = [note("train", 0), note("extract", 1, track="signs"), note("promote", 1), note("train", 2, "failed")]
    file.write_bytes(b"".join([*lines, note("export", 200), b'{"half": ']))
    found = runs(file, "letters")
    assert [[one["stage"] for one in run["stages"]] for run in found] == [["export"], ["train"], ["train", "promote"]]
    assert [(run["seconds"], run["outcome"]) for run in found] == [(30.0, "done"), (30.0, "failed"), (60.0, "done")]
    assert runs(tmp_path / "none", "letters") == []
