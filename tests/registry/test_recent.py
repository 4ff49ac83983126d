"""The gate of a candidate that drift called for: it must be better on clips of clients whom nobody learned from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.params import AgainstProduction, Gates, OnRecent, Rule
from registry import versions
from registry.gates import Decision, judge
from registry.paired import Paired
from registry.store import Store
from registry.versions import EXTRAS
from tests.registry.factories import Misses, make_track, never

GATES = Gates(
    accuracy=Rule(min=0.5),
    against_production=AgainstProduction(margin=0.05, bootstrap=200),
    recent=OnRecent(min_units=5, bootstrap=200),
)
CLIENTS = tuple(f"client:{number}" for number in range(8))
FIRST = 12  # number of the first recent group in `Misses`: after the 12 tested ones


def on_recent(nth: int) -> Misses:
    """Misses each nth recent clip, and no other."""
    return lambda group, clip: group >= FIRST and clip % nth == 0


def better(units: int, gained: int = 10) -> Paired:
    incumbent = np.ones((units, 40), bool)
    incumbent[:, :gained] = False
    unit = np.repeat([f"client:{i}" for i in range(units)], 40)
    return Paired(version=3, candidate=np.ones(units * 40, bool), incumbent=incumbent.ravel(), unit=unit)


def test_better_on_recent_clips_passes_and_the_same_does_not() -> None:
    passed = judge({"accuracy": 0.9}, GATES, better(12, 0), better(8))
    assert passed.passed
    assert passed.reasons[2].startswith("on recent clips against version 3: +25.0 points (lower bound +")
    assert passed.reasons[2].endswith("must be better: passed")
    same = judge({"accuracy": 0.9}, GATES, better(12, 0), better(8, 0))
    assert same.status == "refused"
    assert same.reasons[2] == (
        "on recent clips against version 3: 0.0 points (lower bound −"
        + same.reasons[2].partition("bound −")[2].partition(")")[0]
        + "), must be better: refused"
    )
    assert Decision.from_json(json.loads(json.dumps(passed.to_json()))) == passed


def test_few_clients_are_not_enough_evidence_however_good() -> None:
    decision = judge({"accuracy": 0.9}, GATES, better(12, 0), better(4))
    assert decision.status == "not enough evidence"
    assert decision.reasons[2] == (
        "on recent clips against version 3: 4 clients, 5 needed: not enough evidence. A person decides."
    )


def test_a_worse_test_set_is_not_made_good_by_recent_clips() -> None:
    worse = Paired(**vars(better(12)) | {"candidate": better(12).incumbent, "incumbent": better(12).candidate})
    assert judge({"accuracy": 0.9}, GATES, worse, better(8)).status == "refused"


def promoted(store: Store, folder: Path, *, drifted: bool, misses: Misses, **more: Any) -> dict[str, Any]:
    """Judges a candidate whose forerunner, in Production, misses each second recent clip."""
    first = make_track(
        folder / "1", misses={"fp32": on_recent(2)}, model=0, recent=CLIENTS, others={1: misses}, clips=30
    )
    first.promote(store, GATES)
    second = make_track(
        folder / "2", misses={"fp32": misses}, model=1, others={0: on_recent(2)}, clips=30, **{"recent": CLIENTS} | more
    )
    return second.promote(store, GATES, drifted=drifted)


def test_a_candidate_that_drift_called_for_is_promoted_when_it_heals(store: Store, tmp_path: Path) -> None:
    record = promoted(store, tmp_path, drifted=True, misses=on_recent(30))
    assert record["production"] == 2
    assert record["recent"]["units"] == 8
    assert record["recent"]["difference"] == pytest.approx(14 / 30)
    assert record["gates"]["recent"]["min_units"] == 5


def test_one_that_heals_nothing_is_refused_and_is_promoted_where_nobody_asked(store: Store, tmp_path: Path) -> None:
    refused = promoted(store, tmp_path, drifted=True, misses=on_recent(2))
    assert (refused["status"], refused["production"]) == ("refused", 1)
    assert refused["recent"]["lower"] < 0
    asked = make_track(
        tmp_path / "3", misses={"fp32": on_recent(2)}, model=1, recent=CLIENTS, others={0: on_recent(2)}, clips=30
    )
    passed = asked.promote(store, GATES, drifted=False)
    assert (passed["status"], passed["recent"]) == ("passed", None)
    assert "recent" not in passed["gates"]


def test_clients_whom_production_learned_from_are_left_out(store: Store, tmp_path: Path) -> None:
    first = make_track(tmp_path / "1", misses={"fp32": never}, learned=("learned", *CLIENTS[:5]), others={1: never})
    first.promote(store, GATES)
    second = make_track(tmp_path / "2", misses={"fp32": never}, model=1, recent=CLIENTS, others={0: never})
    record = second.promote(store, GATES, drifted=True)
    assert record["status"] == "not enough evidence"
    assert "3 clients (5 left out: version 1 learned from them), 5 needed" in record["reasons"][2]


def test_without_recent_clips_a_person_decides(store: Store, tmp_path: Path) -> None:
    record = promoted(store, tmp_path, drifted=True, misses=never, recent=())
    assert record["status"] == "not enough evidence"
    assert "on recent clips against version 1: 0 clients" in record["reasons"][2]


def test_a_version_carries_no_answer_to_a_recent_clip(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "1", misses={"fp32": never}, recent=CLIENTS).promote(store, GATES)
    version = versions.named(store, "letters")
    with versions.files(store, version, f"{EXTRAS}/predictions.parquet") as path:
        answers = pd.read_parquet(path)
    assert set(answers["part"]) == {"test"}
    assert not answers["group"].str.startswith("client:").any()
