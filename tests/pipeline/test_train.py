"""Stage `train`: three files, whole or not at all, the same after a kill."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.fitting.loop import Log
from pipeline.models import weights
from pipeline.params import CnnTransformer, Linear, Model, Teacher, Train
from pipeline.predictor import Predictor
from pipeline.train import train
from tests.factories import make_samples
from tests.pipeline.factories import NO_CHANGE, QUICK, TINY, TINY_SIGNS, TINY_STRM, Track, make_signs, make_track

KILLED_AFTER_TWO_EPOCHS = """
import os, signal, sys
from pathlib import Path
from pipeline.params import Mlp, Train
from pipeline.train import train

folder = Path(sys.argv[1])
train(
    Mlp.model_validate_json(sys.argv[2]),
    Train.model_validate_json(sys.argv[3]),
    samples=folder / "samples.h5",
    split=folder / "split.json",
    encoder=folder / "encoder.safetensors",
    out=folder / "model",
    checkpoint=folder / "state" / "checkpoint.pt",
    log=lambda epoch, values: os.kill(os.getpid(), signal.SIGKILL) if epoch == 2 else None,
)
"""


def run(
    track: Track,
    out: Path,
    config: Train = QUICK,
    *,
    model: Model = TINY,
    initial: Path | None = None,
    teacher: Path | None = None,
    checkpoint: Path | None = None,
    log: Log = lambda epoch, values: None,
) -> Path:
    train(
        model,
        config,
        samples=track.samples,
        split=track.split,
        encoder=track.encoder,
        out=out,
        initial=initial,
        teacher=teacher,
        checkpoint=checkpoint,
        log=log,
    )
    return out


def test_it_writes_weights_their_header_and_the_curve(tmp_path: Path):
    track = make_track(tmp_path)
    run(track, track.model)
    assert sorted(path.name for path in track.model.iterdir()) == ["history.csv", "model.json", "model.safetensors"]
    header = json.loads((track.model / "model.json").read_text())
    assert header["class_names"] == ["A", "B", "C"]
    assert header["form"] == "hand"
    assert header["model"] == {"name": "mlp", "features": "oriented", "hidden": [16], "dropout": 0.1}
    rows = list(csv.DictReader((track.model / "history.csv").open()))
    assert [float(row["epoch"]) for row in rows] == list(range(QUICK.epochs))
    assert float(rows[-1]["val_accuracy"]) == 1.0
    assert weights.load(track.model).config == TINY


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others(tmp_path: Path):
    track = make_track(tmp_path)
    first = sha256(run(track, tmp_path / "a"))
    torch.manual_seed(1)
    assert sha256(run(track, tmp_path / "b")) == first
    assert sha256(run(track, tmp_path / "c", QUICK.model_copy(update={"seed": 1}))) != first


def test_a_store_that_does_not_fit_in_memory_trains_as_well(tmp_path: Path):
    track = make_track(tmp_path)
    run(track, track.model, QUICK.model_copy(update={"memory_mb": 0.0}))
    rows = list(csv.DictReader((track.model / "history.csv").open()))
    assert float(rows[-1]["val_accuracy"]) == 1.0


def test_log_is_told_what_history_keeps(tmp_path: Path):
    track = make_track(tmp_path)
    told: dict[int, dict[str, float]] = {}
    run(track, track.model, log=lambda epoch, values: told.update({epoch: dict(values)}))
    rows = list(csv.DictReader((track.model / "history.csv").open()))
    assert [float(row["val_loss"]) for row in rows] == [told[epoch]["val_loss"] for epoch in range(QUICK.epochs)]


@pytest.mark.slow
def test_a_kill_leaves_the_old_model_whole_and_a_second_run_ends_as_if_it_had_not_been(tmp_path: Path):
    track = make_track(tmp_path)
    run(track, track.model, model=Linear(name="linear"))  # the model of an earlier run
    old = sha256(track.model)
    config = TINY.model_dump_json(), QUICK.model_dump_json()
    command = [sys.executable, "-c", KILLED_AFTER_TWO_EPOCHS, str(tmp_path), *config]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert sha256(track.model) == old
    checkpoint = tmp_path / "state" / "checkpoint.pt"
    assert torch.load(checkpoint, weights_only=True)["progress"]["epoch"] == 2
    resumed = sha256(run(track, track.model, checkpoint=checkpoint))
    assert resumed == sha256(run(track, tmp_path / "uninterrupted"))


def test_an_error_leaves_the_old_model_whole_and_nothing_beside_it(tmp_path: Path):
    track = make_track(tmp_path)
    run(track, track.model)
    old, before = sha256(track.model), sorted(tmp_path.iterdir())
    with pytest.raises(InputError):
        run(track, track.model, QUICK.model_copy(update={"device": "mps" if torch.cuda.is_available() else "cuda"}))
    assert sha256(track.model) == old
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("part", ["train", "val"])
def test_an_empty_part_is_refused(tmp_path: Path, part: str):
    track = make_track(tmp_path)
    empty = replace(splits.read(track.split), **{part: np.array([], np.int64)})
    splits.write(track.split, empty)
    with pytest.raises(
        InputError, match=r"split\.json': expected clips to train and to validate on, got an empty part"
    ):
        run(track, track.model)
    assert not track.model.exists()


def test_a_new_class_from_five_clips_a_signer_starts_where_the_known_ones_stand(tmp_path: Path):
    """A and B are known at once; C comes from few clips."""
    known = make_samples(num_groups=6, clips=4, classes="AB", frames=(1, 4))
    more = make_samples(num_groups=6, clips=1, classes="ABC", frames=(1, 4))
    (tmp_path / "known").mkdir()
    (tmp_path / "more").mkdir()
    first = run(make_track(tmp_path / "known", known), tmp_path / "first")
    track = make_track(tmp_path / "more", more)
    short = QUICK.model_copy(update={"epochs": 1, "learning_rate": 0.001})
    run(track, tmp_path / "scratch", short)
    run(track, tmp_path / "continued", short, initial=first)

    def loss(folder: Path) -> float:
        return float(next(csv.DictReader((folder / "history.csv").open()))["val_loss"])

    assert loss(tmp_path / "continued") < loss(tmp_path / "scratch") - 0.1
    assert weights.load(tmp_path / "continued").class_names == ("A", "B", "C")


def test_a_student_learns_from_a_teacher_alone(tmp_path: Path):
    """The labels that it trains on are rolled by one, and count nothing: it answers what the teacher was told."""
    track = make_track(tmp_path, make_samples(num_groups=6, clips=4, frames=(1, 4)))
    teacher = run(track, tmp_path / "teacher")
    samples, parts = store.read(track.samples), splits.read(track.split)
    trained_on = np.isin(np.arange(len(samples)), parts.train)
    store.write(track.samples, replace(samples, target=(samples.target + trained_on) % 3))
    taught = QUICK.model_copy(update={"teacher": Teacher(weights="teacher", share=1.0), "patience": 100})
    student = run(track, tmp_path / "student", taught, model=Linear(name="linear"), teacher=teacher)
    test = samples.select(parts.test)
    answered = Predictor.open(student).scores(test)[0].argmax(1)
    assert (answered == test.target).mean() > 0.9


def test_a_teacher_of_other_classes_or_for_a_recurrent_model_is_refused(tmp_path: Path):
    track = make_track(tmp_path)
    (tmp_path / "other").mkdir()
    other = run(make_track(tmp_path / "other", make_samples(num_groups=6, classes="AB")), tmp_path / "teacher")
    taught = QUICK.model_copy(update={"teacher": Teacher(weights="teacher")})
    with pytest.raises(InputError, match="knows 2 classes of 'hand', expected the 3 of the samples"):
        run(track, tmp_path / "student", taught, teacher=other)
    with pytest.raises(InputError, match=r"train\.teacher: a recurrent model has many answers"):
        run(track, tmp_path / "student", taught, model=TINY_STRM, teacher=other)


@pytest.mark.parametrize("model", [TINY_SIGNS, CnnTransformer(name="cnn_transformer", size="small")])
def test_activations_that_are_computed_twice_give_the_same_weights(tmp_path: Path, model: Model):
    """Dropout draws the same the second time; that a layer runs twice shows in how often its inside is called."""
    track = make_track(tmp_path, make_signs(num_groups=6, clips=1))
    config = QUICK.model_copy(
        update={"epochs": 1, "sequence_length": None, "augment": NO_CHANGE, "learning_rate": 1e-3}
    )
    plain, calls = count_norms(lambda: run(track, tmp_path / "plain", config, model=model))
    saving = config.model_copy(update={"checkpoint_activations": True})
    again, more_calls = count_norms(lambda: run(track, tmp_path / "saving", saving, model=model))
    assert sha256(plain / "model.safetensors") == sha256(again / "model.safetensors")
    assert more_calls > calls


def count_norms(training: Callable[[], Path]) -> tuple[Path, int]:
    """Returns what a training returned, and how many layer norms it computed."""
    calls = 0

    def count(module: torch.nn.Module, inputs: object) -> None:
        nonlocal calls
        calls += isinstance(module, torch.nn.LayerNorm)

    handle = torch.nn.modules.module.register_module_forward_pre_hook(count)
    try:
        out = training()
    finally:
        handle.remove()
    return out, calls


def test_a_model_without_layers_to_save_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    track = make_track(tmp_path)
    run(track, track.model, QUICK.model_copy(update={"checkpoint_activations": True, "epochs": 1}))
    assert "train.checkpoint_activations: this model has no layers that can" in caplog.text
