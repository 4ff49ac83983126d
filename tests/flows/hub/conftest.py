"""A version that is published once for all tests, and a stand-in of the Hub for each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from flows import environment, published
from flows.environment import Hub
from pipeline.files import read_json, write_json
from pipeline.models import build, weights
from pipeline.params import Mlp
from registry import versions
from registry.store import local_store
from tests.flows.hub.published_version import REPO, Written
from tests.flows.hub.stand_in import TOKEN, StandIn, stand_in
from tests.flows.project import HERE
from tests.registry.factories import CLASSES, make_track, never, write_onnx


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Written:
    root = tmp_path_factory.mktemp("published")
    store = local_store(root / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, root / name)
    track = make_track(root / "track", misses={"fp32": never})
    torch.manual_seed(0)
    config = Mlp(name="mlp", hidden=(4,))
    network = build(config, form="hand", num_classes=len(CLASSES))
    trained = weights.Trained(recognizer=network, config=config, class_names=CLASSES, form="hand")
    weights.save(root / "track/model", trained)
    report = read_json(root / "track/export/export.json")
    write_onnx(root / "track/export/step.onnx", 3)
    report["precision"]["fp32"]["step"] = {"file": "step.onnx"}  # as of a model with a memory
    write_json(root / "track/export/export.json", report)
    track.promote(store)
    folder = root / "folder"
    folder.mkdir()
    return Written(root, store, folder, published.write(store, versions.named(store, "letters"), REPO, folder))


@pytest.fixture
def served() -> Iterator[StandIn]:
    with stand_in() as hub:
        yield hub


@pytest.fixture
def hub(served: StandIn, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The Hub as the environment names it."""
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint + "/")
    monkeypatch.setenv("HF_TOKEN", f" {TOKEN}\n")
    for name in environment.PLAIN_HTTP:
        monkeypatch.setenv(name, "1")
    return environment.hub()
