"""Recent clips: what is trained does not know them, what is measured does, and the reference leaves them out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import samples as store
from pipeline import split as splits
from pipeline.calibration import Calibration, from_json
from pipeline.evaluate import evaluate
from pipeline.files import read_json, sha256
from pipeline.params import Evaluate, Prepare, Pretrain, SpatialTemporal
from pipeline.predictor import Predictor
from pipeline.pretrain import pretrain
from pipeline.train import train
from tests.pipeline.factories import QUICK, TINY, Track, make_signs

pytestmark = pytest.mark.xdist_group("export")
CONFIG = Evaluate(bootstrap=100, min_support=2, calibration_support=5)


def set_apart(split: Path, out: Path, *, group: str, samples: Path) -> splits.Split:
    """Writes a split in which a training group is recent instead."""
    parts, names = splits.read(split), store.read(samples, values=False).group.astype(str)
    recent = np.flatnonzero(names == group)
    train = np.setdiff1d(parts.train, recent)
    groups = parts.groups | {"train": tuple(sorted(set(names[train]))), "recent": (group,)}
    splits.write(out, changed := replace(parts, train=train, recent=recent, groups=groups))
    return changed


def test_they_are_answered_apart_and_measured(exported: Track, tmp_path: Path) -> None:
    parts = set_apart(exported.split, tmp_path / "split.json", group="s00", samples=exported.samples)
    folders = {"without": exported.split, "with": tmp_path / "split.json"}
    for name, split in folders.items():
        evaluate(CONFIG, samples=exported.samples, split=split, exported=exported.exported, out=tmp_path / name)
    metrics = {name: read_json(tmp_path / name / "metrics.json")["fp32"] for name in folders}
    found = metrics["with"].pop("recent")
    assert metrics["with"] == metrics["without"]  # of the test clips nothing changes
    answers = pd.read_parquet(tmp_path / "with" / "predictions.parquet").query("precision == 'fp32'")
    recent = answers[answers["part"] == "recent"]
    assert set(answers["part"]) == {"test", "recent"}
    assert set(recent["group"]) == {"s00"}
    assert len(recent) == len(parts.recent) == found["num_clips"]
    assert found["accuracy"] == (recent["label"] == recent["target"]).mean()
    said = read_json(tmp_path / "with" / "calibration.json")["fp32"]
    calibration: Calibration = from_json(said, "calibration.json")
    predictor = Predictor.open(exported.exported / "model.onnx", calibration=calibration)
    answered = predictor.answers(store.read(exported.samples).select(parts.recent))
    assert recent["confidence"].tolist() == [answer.score for answer in answered]
    reference = pd.read_parquet(tmp_path / "with" / "reference.parquet")
    assert "s00" not in set(reference["group"])
    assert set(reference["part"]) == {"train", "val", "test"}


def pretrained(folder: Path, samples: store.Samples, split: Path) -> str:
    track = Track(folder)
    folder.mkdir()
    store.write(track.samples, samples)
    config = Pretrain(
        method="masked_landmarks", epochs=1, batch_size=8, learning_rate=0.01, sequence_length=8, device="cpu"
    )
    tiny = SpatialTemporal(
        name="spatial_temporal", graph_width=8, d_model=16, layers=1, heads=2, tokens=8, pooling="tcn", dropout=0.1
    )
    pretrain(tiny, config, samples=track.samples, split=split, out=track.encoder)
    return sha256(track.encoder)


def test_nothing_is_trained_on_them(exported: Track, tmp_path: Path) -> None:
    """Their values may be anything; those of who trains may not."""
    split = tmp_path / "split.json"
    parts = set_apart(exported.split, split, group="s00", samples=exported.samples)
    whole = store.read(exported.samples)
    weights = []
    for number, which in enumerate((parts.recent[:0], parts.recent, parts.train[:1])):
        changed = replace(whole, values=whole.values.copy())
        for i in which:
            changed.clip(i)[:] = 0.5 + np.arange(63).reshape(21, 3) / 100
        store.write(tmp_path / f"{number}.h5", changed)
        quick = QUICK.model_copy(update={"epochs": 1})
        out = tmp_path / f"model{number}"
        train(TINY, quick, samples=tmp_path / f"{number}.h5", split=split, encoder=exported.encoder, out=out)
        weights.append(sha256(out / "model.safetensors"))
    assert weights[0] == weights[1] != weights[2]


def test_nothing_is_pretrained_on_them(tmp_path: Path) -> None:
    whole = make_signs(num_groups=6, clips=1)
    splits.write(tmp_path / "all.json", splits.assign(whole, Prepare(test=("s04",), val=("s03",))))
    store.write(tmp_path / "all.h5", whole)
    parts = set_apart(tmp_path / "all.json", tmp_path / "split.json", group="s00", samples=tmp_path / "all.h5")
    encoders = []
    for number, which in enumerate((parts.recent[:0], parts.recent, parts.train[:1])):
        changed = replace(whole, values=whole.values.copy())
        for i in which:
            changed.clip(i)[:] *= 1.5
        encoders.append(pretrained(tmp_path / f"{number}", changed, tmp_path / "split.json"))
    assert encoders[0] == encoders[1] != encoders[2]
