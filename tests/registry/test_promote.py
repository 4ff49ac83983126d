"""The stage on a real SQLite registry with real ONNX files."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import pytest

from pipeline.calibration import Calibration
from pipeline.errors import InputError
from pipeline.files import sha256, write_json
from pipeline.params import AgainstProduction, Gates, Rule
from registry import load, versions
from registry.lineage import Lineage
from registry.store import Store, experiment, local_store, open_store
from registry.verify import verify
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
                write_onnx(path, 0, skeleton="body")
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


def test_a_new_evaluation_of_the_same_bytes_refreshes_their_version(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    track.promote(store)
    metrics = tmp_path / "a/evaluation/metrics.json"
    metrics.write_text(json.dumps({"fp32": {"accuracy": 0.4, "ece": 0.2}}), encoding="utf-8")
    record = track.promote(store)
    found = versions.named(store, "letters")
    assert (found.number, record["status"], found.tags["metric.accuracy"]) == (1, "refused", "0.4")
    with versions.files(store, found, "signloop/metrics.json") as path:
        assert json.loads(path.read_text(encoding="utf-8"))["ece"] == 0.2


def test_a_new_calibration_of_the_same_bytes_refreshes_their_version(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    track.promote(store)
    chosen = Calibration(temperature=1.5, threshold=0.4, num_clips=40, uncertain_share=0.1, certain_accuracy=0.9)
    write_json(tmp_path / "a/evaluation/calibration.json", {"fp32": chosen.to_json()})
    assert track.promote(store)["version"] == 1
    found = versions.named(store, "letters")
    assert found.calibration == load("letters", store=store).predictor.calibration == chosen
    assert list(verify(store, "letters")) == []
    with versions.files(store, found, "signloop/card.md") as card:
        assert "temperature 1.500, uncertain below 0.40: 10.0 % of the validation answers" in card.read_text("utf-8")


def test_an_evaluation_without_a_calibration_is_named(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    write_json(tmp_path / "a/evaluation/calibration.json", {"int8": {}})
    with pytest.raises(InputError, match=r"calibration\.json' lacks fp32\. Run `dvc repro`"):
        track.promote(store)


def test_without_tracking_the_version_points_to_no_run(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    track.promote(store, tracking=False)
    assert versions.named(store, "letters").run_id is None


def test_a_version_loads_anywhere_after_its_artifacts_are_gone(store: Store, tmp_path: Path) -> None:
    lineage = Lineage(commit="c0ffee", diff="--- a\n+++ b\n", lock_sha256="1" * 64)
    track = make_track(tmp_path / "a", misses={"fp32": never})
    original = sha256(track.folder / "export/model.onnx")
    track.promote(store, lineage=lineage)
    shutil.rmtree(track.folder)
    client = open_store(store)
    feeds = {name: np.ones(2, np.float32) for name in ("aspect", "fps", "handedness")}
    feeds["landmarks"] = np.zeros((2, 3, 21, 3), np.float32)
    feeds["landmarks"][1, :, 0, 0] = 2
    answers = mlflow.pyfunc.load_model("models:/letters@production").predict(feeds)
    assert answers["logits"].argmax(1).tolist() == [0, 2]
    assert len(mlflow.onnx.load_model("models:/letters@production").graph.node) == 10
    found = versions.named(store, "letters")
    with versions.files(store, found) as folder:
        assert sha256(folder / "model.onnx") == original == found.tags["signloop.onnx_sha256"]
        there = {path.name for path in (folder / "signloop").iterdir()}
        assert {path.name for path in (folder / "signloop/plots").iterdir()} == {"pairs.csv", "moments.png"}
    assert there >= {
        "card.md", "decision.json", "reference.parquet", "contract.json", "model.safetensors", "model.json",
        "metrics.json", "calibration.json", "predictions.parquet", "params.json", "dirty.diff", "learned_groups.json",
    }  # fmt: skip
    assert found.tags["signloop.git_dirty"] == "true"
    assert found.run_id is not None
    assert client.get_run(found.run_id).data.tags["signloop.model_sha256"]


def test_artifacts_of_different_runs_are_refused(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    write_onnx(track.folder / "export/model.onnx", 3)
    with pytest.raises(InputError, match=r"model\.onnx.*expected sha256"):
        track.promote(store)
    other = make_track(tmp_path / "b", misses={"fp32": never}, groups=5)
    shutil.copytree(other.folder / "prepare", track.folder / "prepare", dirs_exist_ok=True)
    shutil.copytree(other.folder / "export", track.folder / "export", dirs_exist_ok=True)
    with pytest.raises(InputError, match="answers 720 clips of fp32, the split tests 300"):
        track.promote(store)


KILLED = """
import json, os, sys
from pathlib import Path
import mlflow.onnx, pandas
from mlflow import MlflowClient
from registry.store import local_store
from tests.registry.factories import Artifacts
from tests.registry.test_promote import PAIRED

folder, jobs = sys.argv[1], json.loads(sys.argv[2])

def die_after(method, after):
    called, left = getattr(MlflowClient, method), [after]

    def dying(self, *arguments, **named):
        answer = called(self, *arguments, **named)
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)
        return answer

    setattr(MlflowClient, method, dying)

for state, method, after in jobs:  # a fork for each, since imports are what takes long
    child = os.fork()
    if child == 0:
        die_after(method, after)
        Artifacts(Path(folder)).promote(local_store(Path(state)), PAIRED)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

STEPS = [
    ("log_batch", 2),
    ("create_logged_model", 1),
    ("log_model_artifacts", 1),
    ("finalize_logged_model", 1),
    ("create_model_version", 1),
    ("create_model_version", 2),  # the ledger's entry
    ("set_model_version_tag", 2),
    ("set_registered_model_alias", 2),
    ("set_registered_model_alias", 3),
]


@pytest.mark.slow
def test_a_kill_after_any_step_and_the_same_command_again_end_well(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    states = [tmp_path / f"{method}-{after}" for method, after in STEPS]
    for state in states:  # artifact paths are absolute: the copies share the first one's artifacts, as they may
        (state / "mlflow").mkdir(parents=True)
        shutil.copyfile(store.artifacts.parent / "mlflow.db", state / "mlflow/mlflow.db")
    jobs = [[str(state), method, after] for state, (method, after) in zip(states, STEPS, strict=True)]
    script = [sys.executable, "-c", KILLED, str(good.folder), json.dumps(jobs)]
    killed = subprocess.run(script, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert killed.stdout.split() == ["9"] * len(STEPS), killed.stderr
    assert not (good.folder / "decision.json").exists()
    expected = good.promote(store, PAIRED)
    for state in states:
        again = local_store(state)
        assert good.promote(again, PAIRED) == expected, state.name
        assert aliases(again) == {"candidate": 2, "production": 2, "previous": 1}
        found = versions.versions(again, "letters")
        assert [v.number for v in found] == [2, 1]
        assert found[0].decision == expected
        client, home = open_store(again), experiment(again, "letters")
        assert len(client.search_logged_models([home])) == 2, f"a stored model was left over after {state.name}"
        assert len(client.search_runs([home])) == 2, f"a run was left over after {state.name}"
