"""A recurrent model's two files: frame by frame the step answers what the clip does, and says what its state is."""

import json
import math
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
import torch

from pipeline import contract as contracts
from pipeline import samples as store
from pipeline.calibration import Calibration
from pipeline.errors import InputError
from pipeline.export import export, write_onnx
from pipeline.files import sha256
from pipeline.models import build, weights
from pipeline.params import Export, Strm
from pipeline.predictor import Predictor
from pipeline.stream import Steps, Stream
from tests.factories import make_hand
from tests.pipeline.factories import Track
from tests.pipeline.test_export import make_feeds, torch_answers

pytestmark = pytest.mark.xdist_group("recurrent")

STATE = {"answer": 8, "latent": 8, "place": 4}
NO_HAND = np.full((21, 3), np.nan, np.float32)


def wave(num_frames: int) -> list[np.ndarray]:
    """A hand that goes to and fro, lost in the fourth frame."""
    hands = [make_hand() + np.float32([0.1 * math.sin(t), 0, 0]) for t in range(num_frames)]
    return [NO_HAND if t == 3 else hand for t, hand in enumerate(hands)]


def test_it_writes_both_files_and_the_report_in_fp32_alone(recurrent: Track):
    folder = recurrent.exported
    assert sorted(path.name for path in folder.iterdir()) == ["export.json", "model.onnx", "step.onnx"]
    report = json.loads((folder / "export.json").read_text())
    assert report["order"] == ["fp32"]
    entry = report["precision"]["fp32"]
    step = folder / "step.onnx"
    assert entry["step"] == {"file": "step.onnx", "sha256": sha256(step), "bytes": step.stat().st_size}
    assert entry["max_difference"] <= 1e-4
    assert entry["step_difference"] <= 1e-4


def test_int8_alone_is_refused(recurrent: Track, tmp_path: Path):
    with pytest.raises(InputError, match="a recurrent model is exported in fp32 alone"):
        export(
            Export(precision=("int8",)),
            track="letters",
            samples=recurrent.samples,
            split=recurrent.split,
            model=recurrent.model,
            out=tmp_path / "out",
        )


def test_both_contracts_name_the_state_and_what_they_are(recurrent: Track):
    for file, kind in (("model.onnx", "clip"), ("step.onnx", "step")):
        contract = contracts.read(recurrent.exported / file)
        assert (contract.kind, contract.state, contract.model) == (kind, STATE, "strm")


def test_the_steps_inputs_and_outputs_are_those_of_the_contract(recurrent: Track):
    graph = onnx.load(recurrent.exported / "step.onnx").graph
    shapes = {
        node.name: [dim.dim_param or dim.dim_value for dim in node.type.tensor_type.shape.dim]
        for node in (*graph.input, *graph.output)
    }
    assert shapes["landmarks"] == ["B", 1, 21, 3]
    assert (shapes["logits"], shapes["seen"]) == (["B", 3], ["B"])
    for name, size in STATE.items():
        assert shapes[name] == shapes[contracts.next_state(name)] == ["B", size]


def test_a_weight_that_is_used_again_and_again_is_stored_once(recurrent: Track):
    """An exporter that folds a transposed weight into each of its uses triples the file."""
    weight = weights.load(recurrent.model).recognizer.state_dict()["network.latent.own.weight"].numpy()
    initializers = onnx.load(recurrent.exported / "step.onnx").graph.initializer
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in initializers]
    assert sum(any(np.array_equal(array, w) for w in (weight, weight.T)) for array in arrays) == 1


@pytest.mark.parametrize("frames", [1, 2, 7, 40])
@pytest.mark.parametrize("batch", [1, 3, 8])
def test_clip_and_steps_answer_as_torch_does(recurrent: Track, batch: int, frames: int):
    feeds = make_feeds(batch, frames)
    expected, seen = torch_answers(weights.load(recurrent.model).recognizer, feeds)
    clip, clip_seen = Predictor.open(recurrent.exported / "model.onnx").run(feeds)
    np.testing.assert_allclose(clip, expected, atol=1e-4)
    np.testing.assert_allclose(clip_seen, seen, atol=1e-6)
    np.testing.assert_allclose(Steps.open(recurrent.exported / "step.onnx").through(feeds), clip, atol=1e-4)


def test_a_stream_answers_after_each_frame_what_the_clip_so_far_is(recurrent: Track):
    stream = Stream.open(recurrent.exported / "step.onnx", fps=15.0, aspect=4 / 3, handedness=1.0)
    clip = Predictor.open(recurrent.exported / "model.onnx")
    frames = wave(6)
    for _ in range(2):
        for t, frame in enumerate(frames):
            answer = stream.push(frame)
            whole = clip.predict(np.stack(frames[: t + 1]), fps=15.0, aspect=4 / 3, handedness=1.0)
            assert answer.label == whole.label
            assert answer.score == pytest.approx(whole.score, abs=1e-4)
            assert answer.seen == (t != 3)
        stream.reset()


def test_a_stream_is_calibrated_as_the_clip_is(recurrent: Track):
    calibration = Calibration(temperature=2.0, threshold=1.0)
    stream = Stream.open(recurrent.exported / "step.onnx", fps=15.0, calibration=calibration)
    clip = Predictor.open(recurrent.exported / "model.onnx", calibration=calibration)
    assert stream.push(NO_HAND).uncertain is None
    stream.reset()
    frames = wave(3)
    answer = [stream.push(frame) for frame in frames][-1]
    whole = clip.predict(np.stack(frames), fps=15.0)
    assert answer.score == pytest.approx(whole.score, abs=1e-4)
    assert answer.uncertain
    plain = Predictor.open(recurrent.exported / "model.onnx").predict(np.stack(frames), fps=15.0)
    assert plain.label == answer.label
    assert plain.score > answer.score, "a temperature of two makes it less sure"


def test_a_stream_knows_nothing_before_the_first_hand(recurrent: Track):
    stream = Stream.open(recurrent.exported / "step.onnx")
    first = stream.push(NO_HAND)
    assert (first.label, first.top, first.seen) == ("no hand", (), 0.0)
    assert stream.push(make_hand()).label in "ABC"
    assert stream.push(NO_HAND).label in "ABC"
    stream.reset()
    assert stream.push(NO_HAND).label == "no hand"


@pytest.mark.parametrize("frame", [np.zeros((21, 2)), np.zeros((1, 21, 3)), np.full((21, 3), np.inf)])
def test_what_is_no_frame_is_refused(recurrent: Track, frame: np.ndarray):
    with pytest.raises(InputError, match=r"expected a frame \[21, 3\]"):
        Stream.open(recurrent.exported / "step.onnx").push(frame)


def test_each_file_has_its_own_door(recurrent: Track, exported: Track):
    with pytest.raises(InputError, match=r"expected the file of a clip, got that of a step\. Use Stream\.open"):
        Predictor.open(recurrent.exported / "step.onnx")
    for other in (recurrent, exported):
        with pytest.raises(InputError, match=r"expected the file of a step, got that of a clip\. Use Predictor\.open"):
            Stream.open(other.exported / "model.onnx")
    with pytest.raises(InputError, match="aspect: expected"):
        Stream.open(recurrent.exported / "step.onnx", aspect=0.0)


def test_the_store_scores_through_the_clip_whatever_the_lengths(recurrent: Track):
    samples = store.read(recurrent.samples)
    by_onnx, seen = Predictor.open(recurrent.exported / "model.onnx").scores(samples)
    by_torch, _ = Predictor.open(recurrent.model).scores(samples)
    np.testing.assert_allclose(by_onnx, by_torch, atol=1e-5)
    assert seen[-1] == 0


@pytest.mark.slow  # seconds: the real size
def test_at_its_defaults_each_file_is_below_500_kilobytes(tmp_path: Path):
    torch.manual_seed(0)
    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    recognizer = build(Strm(name="strm"), form="hand", num_classes=26)
    contract = contracts.Contract(track="t", model="strm", features="oriented", form="hand", class_names=letters)
    write_onnx(tmp_path / "model.onnx", recognizer, contract, step=tmp_path / "step.onnx")
    assert all(path.stat().st_size < 500_000 for path in tmp_path.iterdir())
