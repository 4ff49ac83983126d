import logging
from pathlib import Path

import pytest

from pipeline.errors import InputError
from registry.store import Store, experiment, open_store
from registry.tracking import NullRun, Run, find_or_rebuild_run, flat, model_sha256, start_run

PARAMS = {"train": {"learning_rate": 0.01, "augment": {"mirror": 0.5}}, "model": {"hidden": [64, 64]}}


def model_folder(tmp_path: Path, weights: str = "weights") -> Path:
    folder = tmp_path / "model"
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_text(weights, encoding="utf-8")
    (folder / "history.csv").write_text("epoch,train_loss,val_loss\n0,2.0,1.5\n1,1.0,\n2,0.5,0.4\n", encoding="utf-8")
    return folder


def curve(store: Store, run_id: str, name: str) -> list[tuple[int, float]]:
    return sorted((m.step, m.value) for m in open_store(store).get_metric_history(run_id, name))


def test_a_training_is_one_run_with_parameters_curve_and_the_hash_of_its_weights(store: Store, tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    with start_run(store, "letters", key="k1", params=PARAMS) as run:
        run.log(0, {"train_loss": 2.0, "val_loss": float("nan")})
        run.log(1, {"train_loss": 1.0})
        run.finish(model_sha256(folder))
    kept = open_store(store).get_run(run.id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params["train.augment.mirror"] == "0.5"
    assert curve(store, run.id, "train_loss") == [(0, 2.0), (1, 1.0)]
    assert find_or_rebuild_run(store, "letters", folder, PARAMS) == run.id


def test_a_killed_training_goes_on_in_its_run(store: Store) -> None:
    first = start_run(store, "letters", key="k1", params=PARAMS)
    for step in range(3):
        first.log(step, {"loss": float(step)})
    second = start_run(store, "letters", key="k1", params=PARAMS)
    assert second.id == first.id
    for step in range(1, 5):  # from the checkpoint of epoch 1
        second.log(step, {"loss": float(step)})
    assert curve(store, first.id, "loss") == [(s, float(s)) for s in range(5)]
    assert start_run(store, "letters", key="k2", params=PARAMS).id != first.id


def test_a_training_that_fails_is_marked_and_can_be_taken_up(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), start_run(store, "letters", key="k1", params=PARAMS) as run:
        raise ZeroDivisionError
    client = open_store(store)
    assert client.get_run(run.id).info.status == "FAILED"
    assert start_run(store, "letters", key="k1", params=PARAMS).id == run.id
    assert client.get_run(run.id).info.status == "RUNNING"


def test_a_run_that_the_store_lost_is_rebuilt_from_files_once(store: Store, tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    run_id = find_or_rebuild_run(store, "letters", folder, PARAMS)
    assert curve(store, run_id, "val_loss") == [(0, 1.5), (2, 0.4)]
    assert find_or_rebuild_run(store, "letters", folder, PARAMS) == run_id
    assert len(open_store(store).search_runs([experiment(store, "letters")])) == 1


def test_a_store_that_fails_does_not_stop_a_training(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    run = start_run(store, "letters", key="k1", params={})
    broken = Run(run.client, "no such run")
    with caplog.at_level(logging.WARNING), broken:
        broken.log(0, {"loss": 1.0})
        broken.log(1, {"loss": 1.0})
        broken.finish("0" * 64)
    assert len(caplog.records) == 1
    assert "rebuilds it from files" in caplog.text


def test_tracking_none_does_nothing() -> None:
    with NullRun() as run:
        run.log(0, {"loss": 1.0})
        run.finish("0" * 64)


def test_files_that_cannot_be_used_are_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.safetensors' does not exist"):
        model_sha256(tmp_path)
    folder = model_folder(tmp_path)
    (folder / "history.csv").write_text("epoch,loss\nfirst,0.1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"history\.csv' is not a training's history"):
        find_or_rebuild_run(store, "letters", folder, {})
    (folder / "history.csv").unlink()
    with pytest.raises(InputError, match=r"history\.csv' does not exist"):
        find_or_rebuild_run(store, "letters", folder, {})


def test_sections_are_flattened() -> None:
    assert flat(PARAMS) == {"train.learning_rate": "0.01", "train.augment.mirror": "0.5", "model.hidden": "[64, 64]"}
