"""Stage `evaluate`: its files agree with each other, and with what the exported model answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import calibration as calibrations
from pipeline import samples as store
from pipeline import split as splits
from pipeline.calibrating import calibrate
from pipeline.errors import InputError
from pipeline.evaluate import evaluate, predictions
from pipeline.files import sha256
from pipeline.params import Evaluate
from pipeline.predictor import Predictor
from pipeline.summary import summarise
from tests.factories import make_samples
from tests.pipeline.factories import Track

pytestmark = pytest.mark.xdist_group("export")

CONFIG = Evaluate(bootstrap=100, min_support=2, calibration_bins=10, calibration_support=5)


def run(track: Track, out: Path) -> Path:
    evaluate(CONFIG, samples=track.samples, split=track.split, exported=track.exported, out=out)
    return out


@pytest.fixture(scope="module")
def evaluated(exported: Track) -> Path:
    return run(exported, exported.folder / "evaluation")


def read(evaluated: Path, name: str) -> pd.DataFrame:
    path = evaluated / name
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def calibrated(evaluated: Path) -> dict[str, dict[str, Any]]:
    return json.loads((evaluated / "calibration.json").read_text(encoding="utf-8"))


def test_predictions_have_a_row_a_clip_in_words():
    samples = make_samples(num_groups=1, clips=1)
    probabilities = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]], np.float32)
    frame = predictions(samples, probabilities, np.array([1.0, 0.5, 0.0], np.float32))
    assert frame.columns.tolist() == ["id", "group", "target", "label", "confidence", "entropy", "seen"]
    assert frame["id"].tolist() == ["s00/A0", "s00/B0", "s00/C0"]
    assert frame["target"].tolist() == ["A", "B", "C"]
    assert frame["label"].tolist() == ["A", "C", "no hand"]
    assert frame["confidence"].tolist() == pytest.approx([0.5, 1.0, 1 / 3])
    assert frame["entropy"].tolist() == pytest.approx([1.5 * np.log(2), 0.0, np.log(3)], abs=1e-6)
    assert frame["seen"].tolist() == [1.0, 0.5, 0.0]


def test_it_writes_these_files(evaluated: Path):
    drawn = ["classes", "confusion", "groups", "importance", "map", "moments", "pairs", "reliability"]
    names = {
        "metrics.json",
        "calibration.json",
        "predictions.parquet",
        "reference.parquet",
        *(f"{name}.csv" for name in drawn),
        "importance.png",
        "moments.png",
    }
    assert {path.name for path in evaluated.iterdir()} == names


def test_predictions_are_what_the_model_answers_for_each_precision(evaluated: Path, exported: Track):
    frame = read(evaluated, "predictions.parquet")
    test = store.read(exported.samples).select(splits.read(exported.split).test)
    for precision, name in (("fp32", "model.onnx"), ("int8", "model.int8.onnx")):
        rows = frame[frame["precision"] == precision]
        calibration = calibrations.from_json(calibrated(evaluated)[precision], "calibration.json")
        answers = Predictor.open(exported.exported / name, calibration=calibration).answers(test)
        assert rows["id"].tolist() == test.id.tolist()
        assert rows["label"].tolist() == [answer.label for answer in answers]
        assert rows["label"].tolist()[-1] == "no hand"
        assert rows["confidence"].tolist()[:-1] == [answer.score for answer in answers[:-1]]
        assert set(rows["group"]) == {"s04", "s05"}
    assert len(frame) == 2 * len(test)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_metrics_follow_from_the_predictions(evaluated: Path, precision: str):
    metrics = json.loads((evaluated / "metrics.json").read_text())[precision]
    frame = read(evaluated, "predictions.parquet").query("precision == @precision")
    correct = frame["label"] == frame["target"]
    assert metrics["num_clips"] == len(frame) == 24
    assert metrics["num_groups"] == 2
    assert metrics["num_no_hand"] == 1
    assert metrics["accuracy"] == correct.mean()
    assert metrics["worst_group_accuracy"] == correct.groupby(frame["group"]).mean().min()
    assert metrics["worst_class_recall"] == correct.groupby(frame["target"]).mean().min()
    f1 = [
        2 * (correct & (frame["target"] == k)).sum() / ((frame["target"] == k).sum() + (frame["label"] == k).sum())
        for k in "ABC"
    ]
    assert metrics["macro_f1"] == pytest.approx(np.mean(f1))
    gap = frame["confidence"] - correct
    assert metrics["ece"] == pytest.approx(gap.groupby((frame["confidence"] * 10).astype(int)).sum().abs().sum() / 24)
    assert metrics["accuracy_low"] <= metrics["accuracy"] <= metrics["accuracy_high"]


@pytest.mark.parametrize(("precision", "name"), [("fp32", "model.onnx"), ("int8", "model.int8.onnx")])
def test_the_calibration_is_of_the_validation_clips_and_judged_on_the_test_clips(
    evaluated: Path, exported: Track, precision: str, name: str
):
    everything, parts = store.read(exported.samples), splits.read(exported.split)
    val, test = everything.select(parts.val), everything.select(parts.test)
    logits, seen = Predictor.open(exported.exported / name).logits(val)
    found = calibrated(evaluated)[precision]
    assert found == calibrate(logits, seen, val.target, CONFIG).to_json()
    assert found["num_clips"] == len(val) == 12
    assert found["temperature"] not in (1, calibrate(logits[:6], seen[:6], val.target[:6], CONFIG).temperature)
    metrics = json.loads((evaluated / "metrics.json").read_text())[precision]
    raw, _ = Predictor.open(exported.exported / name).scores(test)
    frame = read(evaluated, "predictions.parquet").query("precision == @precision")
    own = raw[np.arange(len(test)), test.target]
    assert metrics["nll_uncalibrated"] == pytest.approx(-np.log(own).mean())
    assert metrics["nll"] != metrics["nll_uncalibrated"]
    answered = frame[frame["label"] != "no hand"]
    certain = answered[answered["confidence"] >= found["threshold"]]
    assert metrics["uncertain_share"] == pytest.approx(1 - len(certain) / len(answered))
    assert metrics["certain_accuracy"] == pytest.approx((certain["label"] == certain["target"]).mean())


def test_without_validation_clips_nothing_is_calibrated(exported: Track, tmp_path: Path):
    parts = splits.read(exported.split)
    nobody = replace(parts, val=np.array([], np.int64))
    splits.write(tmp_path / "split.json", nobody)
    evaluate(
        CONFIG,
        samples=exported.samples,
        split=tmp_path / "split.json",
        exported=exported.exported,
        out=tmp_path / "out",
    )
    found = calibrated(tmp_path / "out")["fp32"]
    assert (found["temperature"], found["threshold"]) == (1.0, None)
    assert found["words"] == "not calibrated: 0 answered validation clips, 5 needed"
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())["fp32"]
    assert metrics["ece"] == metrics["ece_uncalibrated"]
    assert "uncertain_share" not in metrics


def test_the_plots_are_of_the_preferred_precision(evaluated: Path):
    frame = read(evaluated, "predictions.parquet").query("precision == 'fp32'")
    metrics = json.loads((evaluated / "metrics.json").read_text())["fp32"]
    classes, groups = read(evaluated, "classes.csv"), read(evaluated, "groups.csv")
    head = ["class", "support", "precision", "recall", "recall_low", "recall_high", "f1", "train_clips"]
    assert classes.columns.tolist() == head
    assert classes["class"].tolist() == ["A", "B", "C"]
    assert classes["support"].tolist() == [8, 8, 8]
    assert classes["recall"].min() == metrics["worst_class_recall"]
    assert groups.columns.tolist() == ["group", "support", "accuracy", "accuracy_low", "accuracy_high"]
    assert groups["group"].tolist() == ["s04", "s05"]
    confusion = read(evaluated, "confusion.csv")
    assert confusion.columns.tolist() == ["actual", "predicted"]
    assert confusion["actual"].tolist() == frame["target"].tolist()
    assert confusion["predicted"].tolist() == frame["label"].tolist()
    pairs = read(evaluated, "pairs.csv")
    wrong = confusion[confusion["actual"] != confusion["predicted"]]
    assert pairs["clips"].sum() == len(wrong)
    top = pairs.iloc[0]
    assert len(wrong[(wrong["actual"] == top["actual"]) & (wrong["predicted"] == top["predicted"])]) == top["clips"]
    assert top["share"] == top["clips"] / 8
    places = read(evaluated, "map.csv")
    assert places["class"].tolist() == frame["target"].tolist()
    assert places["correct"].tolist() == (confusion["actual"] == confusion["predicted"]).tolist()
    assert sorted(read(evaluated, "importance.csv")["part"]) == ["index", "middle", "pinky", "ring", "thumb"]
    reliability = read(evaluated, "reliability.csv")
    assert reliability.columns.tolist() == ["bin", "clips", "confidence", "accuracy"]
    assert reliability["clips"].sum() == 24


def test_the_reference_has_inputs_of_train_and_val_and_answers_of_val_and_test(evaluated: Path, exported: Track):
    samples, parts = store.read(exported.samples), splits.read(exported.split)
    frame = read(evaluated, "reference.parquet")
    features = summarise(samples).columns.tolist()
    answers = ["target", "label", "confidence", "entropy", "seen"]
    assert set(frame.columns) == {*features, *answers, "part", "group"}
    assert frame["part"].value_counts().to_dict() == {p: len(getattr(parts, p)) for p in ("train", "val", "test")}
    by_part = {part: frame.query("part == @part") for part in ("train", "val", "test")}
    for part, chosen in by_part.items():
        clips = samples.select(getattr(parts, part))
        assert chosen["group"].tolist() == clips.group.tolist()
        assert chosen["target"].tolist() == [samples.class_names[k] for k in clips.target]
        if part != "test":
            pd.testing.assert_frame_equal(chosen[features].reset_index(drop=True), summarise(clips), check_dtype=False)
    only_inputs = [name for name in features if name not in answers]
    assert by_part["test"][only_inputs].isna().to_numpy().all()
    assert by_part["train"][["label", "confidence", "entropy"]].isna().to_numpy().all()
    predicted = read(evaluated, "predictions.parquet").query("precision == 'fp32'")
    assert by_part["test"]["label"].tolist() == predicted["label"].tolist()
    assert by_part["val"]["label"].isin(["A", "B", "C", "no hand"]).all()
    assert not [name for name in frame.columns if name.startswith("id")]


def test_the_same_inputs_give_the_same_bytes(evaluated: Path, exported: Track, tmp_path: Path):
    assert sha256(run(exported, tmp_path / "again")) == sha256(evaluated)


def test_a_split_without_test_clips_is_refused(exported: Track, tmp_path: Path):
    empty = replace(splits.read(exported.split), test=np.array([], np.int64))
    splits.write(tmp_path / "split.json", empty)
    with pytest.raises(InputError, match=r"split\.json': expected clips to test on, got none\. Change `prepare"):
        evaluate(
            CONFIG,
            samples=exported.samples,
            split=tmp_path / "split.json",
            exported=exported.exported,
            out=tmp_path / "out",
        )
    assert not (tmp_path / "out").exists()


def test_an_export_that_is_missing_is_named(exported: Track, tmp_path: Path):
    with pytest.raises(InputError, match=r"export\.json' does not exist"):
        evaluate(
            CONFIG,
            samples=exported.samples,
            split=exported.split,
            exported=tmp_path / "export",
            out=tmp_path / "out",
        )
    assert list(tmp_path.iterdir()) == []
