"""What a version carries when `promote` has registered it, and what it refuses to register."""

import json
import shutil
import threading
from pathlib import Path

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import pytest

from pipeline.calibration import Calibration
from pipeline.errors import InputError
from pipeline.files import sha256, write_json
from registry import load, versions
from registry.lineage import Lineage
from registry.store import Store, local_store, open_store
from registry.verify import verify
from tests.registry.factories import make_track, never, write_onnx


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


def test_another_registry_opened_meanwhile_changes_nothing(store: Store, tmp_path: Path) -> None:
    """MLflow has one address a process: a server that follows one registry moved it under who wrote to another."""
    other, stop = local_store(tmp_path / "other"), threading.Event()

    def follow() -> None:
        while not stop.is_set():
            open_store(other)

    thread = threading.Thread(target=follow)
    open_store(other)
    thread.start()
    try:
        for nth in range(3):
            track = make_track(tmp_path / f"track{nth}", misses={"fp32": never}, model=nth)
            assert track.promote(store, params={"model": {"name": "mlp"}, "seed": nth})["version"] == nth + 1
        with versions.files(store, versions.named(store, "letters"), versions.ONNX) as path:
            assert path.exists()
    finally:
        stop.set()
        thread.join()
