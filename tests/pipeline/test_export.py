"""Stage `export`: files of any batch and length that answer what Torch does, and say what they are."""

import json
import logging
import sys
from collections.abc import Iterable
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
from pipeline.errors import InputError, SignloopError
from pipeline.export import export, write_onnx
from pipeline.files import sha256
from pipeline.models import weights
from pipeline.models.recognizer import Recognizer
from pipeline.models.views import Views
from pipeline.params import Export, Linear, form_of
from pipeline.predictor import Predictor
from pipeline.train import train
from tests.factories import make_samples
from tests.pipeline.factories import QUICK, TINY, Track, make_drawings, make_signs, make_track
from tests.pipeline.models.test_models import MEMBERS, make_config, make_recognizer, make_trained

pytestmark = pytest.mark.xdist_group("export")

Feeds = dict[str, NDArray[np.float32]]


def make_feeds(batch: int, frames: int, skeleton: str = "hand") -> Feeds:
    """Hands, or bodies, with points lost; where there are several clips, in the last nobody is seen."""
    if skeleton == "hand":
        samples = make_samples(num_groups=batch, clips=1, classes="A", frames=frames, missing=0.05, fps=15, aspect=1.5)
    else:
        samples = make_signs(num_groups=batch, clips=1, classes="A", frames=(frames, frames), missing=0.05)
    landmarks = samples.values.reshape(batch, frames, *samples.values.shape[1:]).copy()
    if batch > 1:
        landmarks[-1] = np.nan
    return {"landmarks": landmarks, **{name: getattr(samples, name) for name in ("aspect", "fps", "handedness")}}


def answers(path: Path, feeds: Feeds) -> list[NDArray[np.float32]]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = session.run(["logits", "seen"], {node.name: feeds[node.name] for node in session.get_inputs()})
    return [np.asarray(output) for output in outputs]


def torch_answers(recognizer: Recognizer, feeds: Feeds) -> list[NDArray[np.float32]]:
    with torch.inference_mode():
        return [x.numpy() for x in recognizer(*map(torch.from_numpy, feeds.values()))]


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
            form="hand",
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


def test_five_views_are_inside_the_file_and_a_recurrent_model_has_one(
    exported: Track, recurrent: Track, tmp_path: Path
):
    run(exported, tmp_path / "export", Export(views=5, precision=("fp32", "int8")))
    recognizer = weights.load(exported.model).recognizer
    feeds = make_feeds(3, 4)
    logits, seen = answers(tmp_path / "export" / "model.onnx", feeds)
    expected, expected_seen = torch_answers(Views(recognizer, "hand").eval(), feeds)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_allclose(seen, expected_seen, atol=1e-6)
    assert np.abs(logits - torch_answers(recognizer, feeds)[0]).max() > 1e-3
    with pytest.raises(InputError, match=r"export\.views: a recurrent model remembers one view, got 5"):
        run(recurrent, tmp_path / "other", Export(views=5))


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


OF_A_HAND = [case for case in untried() if form_of(make_config(*case)) == "hand"]
OF_A_BODY = [case for case in untried() if form_of(make_config(*case)) == "holistic"]
OF_DRAWINGS = [case for case in untried() if form_of(make_config(*case)) == "bitmap"]


@pytest.mark.parametrize(("name", "features"), OF_A_HAND)
def test_every_model_and_every_feature_set_exports(tmp_path: Path, name: str, features: str):
    recognizer = make_recognizer(name, features).eval()
    write_onnx(tmp_path / "model.onnx", recognizer, make_contract(name, features))
    assert replace(contracts.read(tmp_path / "model.onnx"), state={}) == make_contract(name, features)
    hold_to_torch(tmp_path / "model.onnx", recognizer, ((1, 1), (1, 9), (4, 1), (6, 3)))


@pytest.mark.parametrize(("name", "features"), OF_A_BODY)
def test_a_traced_model_of_whole_clips_leaves_batch_and_time_open(name: str, features: str):
    """What Torch traces is what becomes ONNX, which takes ten times as long."""
    network = make_recognizer(name, features).network.eval()
    batch, time = torch.export.Dim("B"), torch.export.Dim("T")
    features_BTF, seen_BT = torch.rand(3, 5, network_inputs(name, features)), torch.ones(3, 5, dtype=torch.bool)
    program = torch.export.export(network, (features_BTF, seen_BT), dynamic_shapes=({0: batch, 1: time},) * 2)
    for shape in ((2, 7), (5, 64)):
        features_BTF, seen_BT = torch.rand(*shape, features_BTF.shape[-1]), torch.rand(shape) < 0.7
        torch.testing.assert_close(program.module()(features_BTF, seen_BT), network(features_BTF, seen_BT))


@pytest.mark.slow  # half a minute each: a body's preprocessing is a large graph
@pytest.mark.parametrize(("name", "features"), OF_A_BODY)
def test_whole_clips_of_any_length_answer_as_torch_does(tmp_path: Path, name: str, features: str):
    recognizer = make_trained(name, features)
    write_onnx(tmp_path / "model.onnx", recognizer, make_contract(name, features))
    assert contracts.read(tmp_path / "model.onnx") == make_contract(name, features)
    lengths = (*range(1, 65), 100, 255, 256, 511, 512)
    hold_to_torch(tmp_path / "model.onnx", recognizer, [(batch, frames) for frames in lengths for batch in (1, 2)])


def network_inputs(name: str, features: str) -> int:
    return make_recognizer(name, features).preprocess.num_features  # pyright: ignore


def make_contract(name: str, features: str) -> Contract:
    skeleton = form_of(make_config(name, features))
    return Contract(track="t", model=name, features=features, form=skeleton, class_names=("A", "B", "C"))


def hold_to_torch(path: Path, recognizer: Recognizer, shapes: Iterable[tuple[int, int]]) -> None:
    predictor = Predictor.open(path)
    for batch, frames in shapes:
        feeds = make_feeds(batch, frames, predictor.contract.form)
        for got, expected in zip(predictor.run(feeds), torch_answers(recognizer, feeds), strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-4, err_msg=f"{batch} clips of {frames} frames")


@pytest.mark.parametrize(("name", "features"), OF_DRAWINGS)
def test_every_model_of_drawings_exports_for_any_batch(tmp_path: Path, name: str, features: str):
    recognizer = make_trained(name, features)
    contract = Contract(
        track="t", model=name, features=features, form="bitmap", row=(14, 14), class_names=("A", "B", "C")
    )
    write_onnx(tmp_path / "model.onnx", recognizer, contract)
    predictor = Predictor.open(tmp_path / "model.onnx")
    for batch in (1, 2, 7):
        feeds = {"bitmap": make_drawings(num_groups=batch, drawings=1, classes="A").values[:, None].astype(np.float32)}
        feeds["bitmap"][-1] = 0
        for got, expected in zip(predictor.run(feeds), torch_answers(recognizer, feeds), strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-4)
