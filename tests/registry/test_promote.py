"""The stage on a real SQLite registry with real ONNX files."""

import shutil
from pathlib import Path

import pytest

from pipeline.params import AgainstProduction, Gates, Rule
from registry import versions
from registry.store import Store
from tests.registry.factories import Artifacts, every, make_track, never, write_onnx

PAIRED = Gates(accuracy=Rule(min=0.5), against_production=AgainstProduction(margin=0.05, bootstrap=200))


def good_and_worse(tmp_path: Path) -> tuple[Artifacts, Artifacts]:
    """Two models of the same clips: 0 misses nothing, 1 misses every fifth."""
    good = make_track(tmp_path / "good", misses={"fp32": never}, others={1: every(5)})
    return good, make_track(tmp_path / "worse", misses={"fp32": every(5)}, model=1, others={0: never})


def aliases(store: Store) -> dict[str, int]:
    return {alias: v.number for v in versions.versions(store, "letters") for alias in v.aliases}


def test_the_first_model_that_meets_its_floors_goes_into_production(store: Store, tmp_path: Path) -> None:
    record = make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    assert record["passed"]
    assert record["version"] == record["production"] == 1
    assert record["incumbent"] is None
    assert record["reasons"][0] == "accuracy 1.000 ≥ 0.5: passed"
    assert aliases(store) == {"candidate": 1, "production": 1}


def test_a_model_under_its_floor_is_registered_and_refused(store: Store, tmp_path: Path) -> None:
    record = make_track(tmp_path / "a", misses={"fp32": every(1)}).promote(store)
    assert (record["status"], record["production"]) == ("refused", None)
    assert record["reasons"][0] == "accuracy 0.000 < 0.5: refused"
    found = versions.named(store, "letters", alias="candidate")
    assert found.decision == record
    assert found.tags["signloop.status"] == "refused"


def test_a_worse_model_is_refused_in_readable_words(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    good.promote(store, PAIRED)
    record = worse.promote(store, PAIRED)
    assert (record["status"], record["version"], record["production"]) == ("refused", 2, 1)
    assert record["comparison"]["difference"] == pytest.approx(-0.2)
    assert record["reasons"][1].startswith("against version 1: −20.0 points (lower bound −")
    assert record["reasons"][1].endswith("), may lose at most 5.0: refused")
    assert record["reasons"][2] == "this test set has already decided once"
    assert aliases(store) == {"candidate": 2, "production": 1}


def test_a_better_model_replaces_production_which_becomes_previous(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    record = good.promote(store, PAIRED)
    assert record["passed"]
    assert record["comparison"]["lower"] > 0.1
    assert aliases(store) == {"candidate": 2, "production": 2, "previous": 1}


def test_too_few_groups_are_not_enough_evidence(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}, groups=4).promote(store, PAIRED)
    record = make_track(tmp_path / "b", misses={"fp32": never}, model=1, groups=4).promote(store, PAIRED)
    assert record["status"] == "not enough evidence"
    assert record["production"] == 1
    assert "4 test groups, 10 needed: not enough evidence. A person decides." in record["reasons"][1]


def test_groups_that_the_incumbent_learned_from_are_left_out(store: Store, tmp_path: Path) -> None:
    seen = [f"test{g:02d}" for g in range(3)]
    make_track(tmp_path / "a", misses={"fp32": never}, learned=seen).promote(store, PAIRED)
    record = make_track(tmp_path / "b", misses={"fp32": never}, model=1).promote(store, PAIRED)
    assert "9 test groups (3 left out: version 1 learned from them)" in record["reasons"][1]


def test_a_lost_class_refuses_unless_allowed(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store, PAIRED)
    fewer = make_track(tmp_path / "b", misses={"fp32": never}, model=1, classes=("A", "B"))
    record = fewer.promote(store, PAIRED)
    assert record["status"] == "refused"
    assert "against version 1: no longer knows C: refused" in record["reasons"]
    allowed = AgainstProduction(margin=0.05, bootstrap=200, allow_lost_classes=True)
    assert fewer.promote(store, Gates(against_production=allowed))["passed"]


def test_only_classes_that_both_know_are_compared(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}, classes=("A", "B")).promote(store, PAIRED)
    record = make_track(tmp_path / "b", misses={"fp32": never}, model=1, others={0: never}).promote(store, PAIRED)
    assert record["comparison"]["clips"] == 12 * 40  # of 60 clips a group, C has 20


@pytest.mark.parametrize("damage", ["contract", "skeleton", "file", "gone"])
def test_an_incumbent_that_cannot_answer_is_not_comparable(store: Store, tmp_path: Path, damage: str) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store, PAIRED)
    with versions.files(store, versions.named(store, "letters"), versions.ONNX) as path:
        match damage:
            case "contract":
                write_onnx(path, 0, contract="{}")
            case "skeleton":
                write_onnx(path, 0, form="body")
            case "file":
                path.write_bytes(b"not a model")
            case _:
                shutil.rmtree(path.parent)
    record = make_track(tmp_path / "b", misses={"fp32": never}, model=1).promote(store, PAIRED)
    assert (record["status"], record["production"]) == ("not comparable", 1)
    assert record["reasons"][1].startswith("against version 1: not comparable, its file") or damage == "skeleton"


def test_the_first_precision_that_passes_is_promoted(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"int8": every(1), "fp32": never})
    record = track.promote(store)
    assert (record["precision"], record["passed"]) == ("fp32", True)
    assert {name: judged["status"] for name, judged in record["judged"].items()} == {
        "int8": "refused",
        "fp32": "passed",
    }
    assert track.promote(store) == record
    assert len(versions.versions(store, "letters")) == 1


def test_the_same_command_again_writes_the_same_decision_and_moves_nothing(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    first = good.promote(store, PAIRED)
    before = aliases(store)
    assert good.promote(store, PAIRED) == first
    assert aliases(store) == before
    assert len(versions.versions(store, "letters")) == 2


def test_parameters_put_back_bring_the_decision_back(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": every(5)})
    first = track.promote(store)
    stricter = track.promote(store, Gates(accuracy=Rule(min=0.9)))
    assert (stricter["status"], stricter["production"]) == ("refused", 1)
    assert "already in Production and stays there" in stricter["reasons"][1]
    assert track.promote(store) == first == versions.named(store, "letters").decision


def test_a_superseded_version_is_judged_afresh_when_it_comes_back(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    good.promote(store, PAIRED)
    record = worse.promote(store, PAIRED)
    assert (record["version"], record["incumbent"], record["status"]) == (1, 2, "refused")
    assert aliases(store) == {"candidate": 1, "production": 2, "previous": 1}
    floors_only = Gates(accuracy=Rule(min=0.5), against_production=None)
    assert worse.promote(store, floors_only)["production"] == 1
    assert aliases(store) == {"candidate": 1, "production": 1, "previous": 2}


def test_an_experiment_judges_and_records_and_moves_no_alias(store: Store, tmp_path: Path) -> None:
    record = make_track(tmp_path / "a", misses={"fp32": never}).promote(store, move_alias=False)
    assert record["passed"]
    assert record["production"] is None
    assert aliases(store) == {}
    assert versions.versions(store, "letters")[0].decision == record
