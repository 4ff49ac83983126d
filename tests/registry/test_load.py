import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import registry
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.errors import InputError, RegistryError
from registry import versions
from registry.store import Store
from tests.registry.factories import make_track, never


def test_production_is_loaded_from_the_project_that_one_stands_in(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path / "a")
    model = registry.load("letters")
    assert (model.track, model.version, model.contract.class_names) == ("letters", 1, ("A", "B", "C"))
    frame = np.zeros((21, 3), np.float32)
    frame[0, 0] = 2
    assert model.predict(frame, fps=15.0).label == "C"
    assert registry.load("letters", version=1, store=store).version == 1


def test_a_version_answers_with_the_calibration_that_it_was_registered_with(store: Store, tmp_path: Path) -> None:
    calibration = Calibration(temperature=5.0, threshold=0.8, num_clips=40, uncertain_share=0.1, certain_accuracy=0.9)
    make_track(tmp_path / "a", misses={"fp32": never}, calibration=calibration).promote(store)
    model = registry.load("letters", store=store)
    assert model.predictor.calibration == calibration == versions.named(store, "letters").calibration
    answer = model.predict(np.zeros((21, 3), np.float32), fps=15.0)
    assert answer.score == pytest.approx(np.e**2 / (np.e**2 + 2)), "of logits 10, 0, 0"
    assert answer.uncertain


def test_a_version_registered_without_a_calibration_answers_as_it_is(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}, calibration=Calibration(temperature=5.0)).promote(store)
    versions.open_store(store).delete_model_version_tag("letters", "1", versions.CALIBRATION)
    with versions.files(store, versions.named(store, "letters")) as folder:
        (folder / versions.CALIBRATION_FILE).unlink()
    model = registry.load("letters", store=store)
    assert model.predictor.calibration == AS_IT_IS
    answer = model.predict(np.zeros((21, 3), np.float32), fps=15.0)
    assert answer.score == pytest.approx(np.e**10 / (np.e**10 + 2))
    assert answer.uncertain is None


def test_a_lost_calibration_is_not_done_without(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    with versions.files(store, versions.named(store, "letters")) as folder:
        (folder / versions.CALIBRATION_FILE).unlink()
    with pytest.raises(RegistryError, match=r"lost its files \(signloop/calibration\.json"):
        registry.load("letters", store=store)


def test_what_does_not_exist_lists_what_does(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model 'letters' in sqlite.*Registered: none\. Run `dvc repro`"):
        registry.load("letters", store=store)
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    with pytest.raises(InputError, match=r"no model 'signs' .*Registered: letters"):
        registry.load("signs", store=store)
    with pytest.raises(InputError, match=r"no alias 'previous'\. It has versions 1 \(candidate, production\)"):
        registry.load("letters", alias="previous", store=store)
    with pytest.raises(InputError, match="no version 7"):
        registry.load("letters", version=7, store=store)


def test_a_version_without_its_files_says_so(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    store.artifacts.rename(tmp_path / "moved")
    with pytest.raises(RegistryError, match="'letters' version 1 has lost its files"):
        registry.load("letters", store=store)


def test_a_version_of_another_tool_is_read_but_not_written(store: Store, tmp_path: Path) -> None:
    made = make_track(tmp_path / "a", misses={"fp32": never})
    client = versions.open_store(store)
    client.create_registered_model("letters")
    client.create_model_version("letters", str(made.folder / "export"))
    client.set_registered_model_alias("letters", "production", "1")
    found = versions.named(store, "letters")
    assert found.decision is None
    with pytest.raises(RegistryError, match="registered by another tool"):
        versions.replace_extras(store, found, made.folder)
    assert registry.load("letters", store=store).version == 1
    record = made.promote(store)
    assert (record["version"], record["incumbent"]) == (2, 1)


def test_importing_the_registry_is_cheap() -> None:
    heavy = ("mlflow", "pandas", "onnx", "onnxruntime", "scipy", "h5py")
    script = f"import sys, registry, registry.store; print([m for m in {heavy} if m in sys.modules])"
    root = Path(__file__).parents[2]
    said = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
