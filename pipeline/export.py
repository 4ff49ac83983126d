"""The stage `export`: weights → ONNX files that carry their contract, held to what Torch answers.

Trap: an export with an example batch of 1 passes without complaint and is then fixed to 1; so the example has more,
and the symbolic dimensions are asserted.
"""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline import samples as store
from pipeline import split as splits
from pipeline.contract import Contract
from pipeline.errors import SignloopError
from pipeline.files import replacing, sha256, write_json
from pipeline.models import weights
from pipeline.models.recognizer import Recognizer
from pipeline.params import Export, Precision
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from pipeline.skeleton import skeleton

FILES: dict[Precision, str] = {"fp32": "model.onnx", "int8": "model.int8.onnx"}
OPSET = 20
BATCHES = (1, 3, 8)
LENGTHS = (1, 2, 7, 32)


def export(export: Export, *, track: str, samples: Path, split: Path, model: Path, out: Path) -> None:
    """Writes model.onnx, one file more for each other precision, and export.json with what was checked.

    Raises: SignloopError when fp32 answers differ from Torch's by more than the tolerance.
    """
    trained = weights.load(model)
    contract = Contract(
        track=track,
        model=trained.config.name,
        features=trained.config.features,
        skeleton=trained.skeleton,
        class_names=trained.class_names,
    )
    test = store.read(samples).select(splits.read(split).test)
    with replacing(out) as beside:
        beside.mkdir()
        write_onnx(beside / FILES["fp32"], trained.recognizer, contract)
        if "int8" in export.precision:
            quantize(beside / FILES["fp32"], beside / FILES["int8"], contract)
        written = [file for file in FILES.items() if (beside / file[1]).exists()]
        report = {name: _check(beside / file, trained.recognizer, test) for name, file in written}
        if report["fp32"]["max_difference"] > export.tolerance:
            raise SignloopError(
                f"export of '{track}': logits differ from PyTorch's by {report['fp32']['max_difference']:.2e}, "
                f"allowed is {export.tolerance:.0e}. A layer exports as another function; see `export.tolerance`."
            )
        write_json(beside / "export.json", {"order": export.precision, "precision": report})


def write_onnx(path: Path, recognizer: Recognizer, contract: Contract) -> None:
    """Exports preprocessing and network with dynamic batch and time."""
    torch.backends.mha.set_fastpath_enabled(False)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    points = len(skeleton(contract.skeleton).points)
    example = (torch.rand(3, 5, points, 3), torch.ones(3), torch.full((3,), 15.0), torch.ones(3))
    batch, time = torch.export.Dim("B"), torch.export.Dim("T")
    shapes = {"landmarks": {0: batch, 1: time}, "aspect": {0: batch}, "fps": {0: batch}, "handedness": {0: batch}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's: that B is one name for four axes, and its own deprecations
        program = torch.onnx.export(
            recognizer.eval(),
            example,
            input_names=list(contracts.INPUTS),
            output_names=list(contracts.OUTPUTS),
            dynamic_shapes=shapes,
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    batch_and_time = model.graph.input[0].type.tensor_type.shape.dim[:2]
    assert all(dim.dim_param for dim in batch_and_time), "batch or time was fixed by the export"
    _write(path, model, contract)


def quantize(source: Path, path: Path, contract: Contract) -> None:
    """Writes dynamic int8 weights of an fp32 file; geometry is left alone, eight bits are no place for coordinates."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(source)
    del model.graph.value_info[:]  # shape inference over the export's own annotations fails
    geometry = [node.name for node in model.graph.node if any(name.startswith("preprocess.") for name in node.input)]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantizer advises through the root logger
    try:
        quantize_dynamic(model, str(path), per_channel=True, nodes_to_exclude=geometry, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)
    _write(path, onnx.load(path), Contract(**{**vars(contract), "precision": "int8"}))


def _write(path: Path, model: onnx.ModelProto, contract: Contract) -> None:
    del model.metadata_props[:]
    model.metadata_props.add(key=contracts.KEY, value=contract.dumps())
    for node in model.graph.node:  # the exporter's stack traces name this machine's folders
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _check(path: Path, recognizer: Recognizer, test: Samples) -> dict[str, Any]:
    """Compares logits with Torch's on real clips, at several batch sizes and lengths, with and without a hand."""
    predictor = Predictor.open(path)
    worst, same, count = 0.0, 0, 0
    for feeds in _feeds(test):
        logits, seen = predictor.run(feeds)
        with torch.inference_mode():
            expected, expected_seen = recognizer(*(torch.from_numpy(feeds[name]) for name in contracts.INPUTS))
        assert logits.shape == tuple(expected.shape)
        assert np.allclose(seen, expected_seen.numpy(), atol=1e-6)
        worst = max(worst, float(np.abs(logits - expected.numpy()).max()))
        same += int((logits.argmax(-1) == expected.numpy().argmax(-1)).sum())
        count += len(logits)
    return {
        "file": path.name,
        "sha256": sha256(path),
        "bytes": path.stat().st_size,
        "max_difference": worst,
        "agreement": same / count,
        "clips": count,
    }


def _feeds(test: Samples) -> list[dict[str, NDArray[np.float32]]]:
    """Real test clips stretched over several batch sizes and lengths; one clip of each batch loses its hand."""
    feeds = []
    for batch in BATCHES:
        for length in LENGTHS:
            chosen = np.resize(np.linspace(0, len(test) - 1, num=min(len(test), 64), dtype=int), batch)
            landmarks = np.stack([np.resize(test.clip(i), (length, *test.values.shape[1:])) for i in chosen])
            if batch > 1:
                landmarks[-1] = np.nan
            columns = {name: getattr(test, name)[chosen] for name in ("aspect", "fps", "handedness")}
            feeds.append({"landmarks": landmarks, **columns})
    every = np.arange(min(len(test), 512))
    for length in np.unique(test.lengths[every]):
        members = every[test.lengths[every] == length]
        columns = {name: getattr(test, name)[members] for name in ("aspect", "fps", "handedness")}
        feeds.append({"landmarks": np.stack([test.clip(i) for i in members]), **columns})
    return feeds
