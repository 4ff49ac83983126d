"""Stage `export`: files of any batch and length that answer what Torch does, and say what they are."""

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline import samples as store
from pipeline import split as splits
from pipeline.contract import Contract
from pipeline.errors import SignloopError
from pipeline.export import export, write_onnx
from pipeline.files import sha256
from pipeline.models import build, weights
from pipeline.models.recognizer import Recognizer
from pipeline.params import Export, Linear, Model
from pipeline.predictor import Predictor
from pipeline.train import train
from tests.factories import make_samples
from tests.pipeline.factories import QUICK, TINY, Track, make_track

pytestmark = pytest.mark.xdist_group("export")

MEMBERS = {get_args(member.model_fields["name"].annotation)[0]: member for member in get_args(get_args(Model)[0])}
Feeds = dict[str, NDArray[np.float32]]


def make_feeds(batch: int, frames: int) -> Feeds:
    """Hands with points lost; where there are several clips, the last has no hand."""
    samples = make_samples(num_groups=batch, clips=1, classes="A", frames=frames, missing=0.05, fps=15, aspect=1.5)
    landmarks = samples.values.reshape(batch, frames, 21, 3).copy()
    if batch > 1:
        landmarks[-1] = np.nan
    return {"landmarks": landmarks, **{name: getattr(samples, name) for name in ("aspect", "fps", "handedness")}}


def answers(path: Path, feeds: Feeds) -> list[NDArray[np.float32]]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = session.run(["logits", "seen"], {node.name: feeds[node.name] for node in session.get_inputs()})
    return [np.asarray(output) for output in outputs]


def torch_answers(recognizer: Recognizer, feeds: Feeds) -> list[NDArray[np.float32]]:
    with torch.inference_mode():
        return [x.numpy() for x in recognizer(*(torch.from_numpy(feeds[name]) for name in contracts.INPUTS))]


def run(track: Track, out: Path, config: Export) -> None:
    export(config, track="letters", samples=track.samples, split=track.split, model=track.model, out=out)


def files(track: Track) -> list[Path]:
    return [track.exported / "model.onnx", track.exported / "model.int8.onnx"]


def test_it_writes_a_file_a_precision_and_the_report(exported: Track):
    names = ["export.json", "model.int8.onnx", "model.onnx"]
    assert sorted(path.name for path in exported.exported.iterdir()) == names
    report = json.loads((exported.exported / "export.json").read_text())
    assert report["order"] == ["fp32", "int8"]
    for precision, path in zip(report["order"], files(exported), strict=True):
        entry = report["precision"][precision]
        assert (entry["file"], entry["sha256"], entry["bytes"]) == (path.name, sha256(path), path.stat().st_size)
        assert entry["clips"] >= 48 + 24  # of every batch size and length, and each of the 24 test clips
    assert report["precision"]["fp32"]["max_difference"] <= 1e-4
    assert report["precision"]["fp32"]["agreement"] == 1.0


def test_each_file_carries_its_contract(exported: Track):
    for path, precision in zip(files(exported), ("fp32", "int8"), strict=True):
        assert contracts.read(path) == Contract(
            track="letters",
            model="mlp",
            features="oriented",
            skeleton="hand",
            class_names=("A", "B", "C"),
            precision=precision,
        )


def test_batch_and_time_are_symbolic_and_named(exported: Track):
    for path in files(exported):
        graph = onnx.load(path).graph
        shapes = {
            node.name: [dim.dim_param or dim.dim_value for dim in node.type.tensor_type.shape.dim]
            for node in (*graph.input, *graph.output)
        }
        assert shapes["landmarks"] == ["B", "T", 21, 3]
        assert shapes["logits"] == ["B", 3]
        assert shapes["seen"] == ["B"]
        assert set(shapes) <= {*contracts.INPUTS, *contracts.OUTPUTS}


@pytest.mark.parametrize("frames", [1, 2, 7, 32])
@pytest.mark.parametrize("batch", [1, 3, 8])
def test_any_batch_and_length_answers_as_torch_does(exported: Track, batch: int, frames: int):
    feeds = make_feeds(batch, frames)
    logits, seen = answers(exported.exported / "model.onnx", feeds)
    expected, expected_seen = torch_answers(weights.load(exported.model).recognizer, feeds)
    assert logits.shape == (batch, 3)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_allclose(seen, expected_seen, atol=1e-6)
    if batch > 1:
        assert logits[-1].tolist() == [0, 0, 0]
        assert seen[-1] == 0


def test_eight_bits_answer_nearly_as_thirty_two(exported: Track):
    test = store.read(exported.samples).select(splits.read(exported.split).test)
    full, eight = (Predictor.open(path).scores(test)[0] for path in files(exported))
    assert (full.argmax(1) == eight.argmax(1)).mean() >= 0.95
    assert 0 < np.abs(full - eight).max() < 0.05
    initializers = onnx.load(exported.exported / "model.int8.onnx").graph.initializer
    assert onnx.TensorProto.INT8 in {tensor.data_type for tensor in initializers}


def test_the_files_are_valid(exported: Track):
    for path in files(exported):
        onnx.checker.check_model(onnx.load(path), full_check=True)


def test_nothing_of_this_machine_is_in_the_files(exported: Track):
    folders = [Path.cwd(), Path(sys.prefix), Path(__file__).parents[2], exported.folder]
    for path in files(exported):
        content = path.read_bytes()
        for text in [*map(str, folders), "site-packages", "Traceback", ".py"]:
            assert text.encode() not in content, text


def test_a_second_export_gives_the_same_bytes_and_leaves_logging_alone(exported: Track, tmp_path: Path):
    level = logging.getLogger().level
    run(exported, tmp_path / "again", Export(precision=("int8", "fp32")))
    for path in files(exported):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    one, two = (json.loads((folder / "export.json").read_text()) for folder in (exported.exported, tmp_path / "again"))
    assert two["order"] == ["int8", "fp32"]
    assert one["precision"] == two["precision"]
    assert logging.getLogger().level == level


def test_a_violated_tolerance_is_an_error_and_leaves_nothing(tmp_path: Path):
    track = make_track(tmp_path)
    model = Linear(name="linear", features="raw")
    train(model, QUICK, samples=track.samples, split=track.split, encoder=track.encoder, out=track.model)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SignloopError, match=r"export of 'letters': logits differ from PyTorch's by .*allowed is 1e-12"):
        run(track, track.exported, Export(tolerance=1e-12))
    assert sorted(tmp_path.iterdir()) == before


def untried() -> list[tuple[str, str]]:
    """Names every model and every feature set at least once; `exported` has tried one pair, and seconds count."""
    pairs, names, sets = [], {TINY.name}, {TINY.features}
    for name in sorted(MEMBERS, key=lambda name: name == TINY.name):
        for features in get_args(MEMBERS[name].model_fields["features"].annotation):
            if name not in names or features not in sets:
                pairs.append((name, features))
                names.add(name)
                sets.add(features)
    return pairs


@pytest.mark.parametrize(("name", "features"), untried())
def test_every_model_and_every_feature_set_exports(tmp_path: Path, name: str, features: str):
    torch.manual_seed(0)
    config = MEMBERS[name](name=name, features=features, **({"latent_steps": 1} if name == "strm" else {}))
    recognizer = build(config, skeleton="hand", num_classes=3).eval()
    contract = Contract(track="t", model=name, features=features, skeleton="hand", class_names=("A", "B", "C"))
    write_onnx(tmp_path / "model.onnx", recognizer, contract)
    assert replace(contracts.read(tmp_path / "model.onnx"), state={}) == contract
    for batch, frames in ((1, 1), (1, 9), (4, 1), (6, 3)):
        feeds = make_feeds(batch, frames)
        for got, expected in zip(
            answers(tmp_path / "model.onnx", feeds), torch_answers(recognizer, feeds), strict=True
        ):
            np.testing.assert_allclose(got, expected, atol=1e-4)
