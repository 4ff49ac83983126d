"""The stage `export`: weights → ONNX files that carry their contract, held to what Torch answers.

A recurrent model has two files a precision, the clip and one step with its state; frame by frame the step must answer
what the clip does.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline import samples as store
from pipeline import split as splits
from pipeline import static_int8
from pipeline.contract import Contract
from pipeline.errors import InputError, SignloopError
from pipeline.files import replacing, sha256, write_json
from pipeline.form import Form
from pipeline.form import form as named
from pipeline.graphs import clip_graph, recurrent_graphs
from pipeline.models import weights
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent
from pipeline.models.views import Views
from pipeline.params import Export, Precision
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.stream import Steps

log = logging.getLogger(__name__)
FILES: dict[Precision, str] = {"fp32": "model.onnx", "int8": "model.int8.onnx"}
STEP = "step.onnx"  # of a recurrent model
Feeds = dict[str, NDArray[np.float32]]  # by input, in the form's order
BATCHES = (1, 3, 8)
LENGTHS = (1, 2, 7, 32)


def export(export: Export, *, track: str, samples: Path, split: Path, model: Path, out: Path) -> None:
    """Writes model.onnx, one file more for each other precision, and export.json with what was checked.

    Raises: SignloopError when fp32 answers differ from Torch's, or a step's from its clip's, by more than allowed.
    """
    trained = weights.load(model)
    order = _possible(export.precision, trained.recognizer)
    recognizer = seen_from(export.views, trained)
    contract = Contract(
        track=track,
        model=trained.config.name,
        features=trained.config.features,
        form=trained.form,
        row=trained.row,
        class_names=trained.class_names,
        views=export.views,
    )
    stored, parts = store.read(samples), splits.read(split)
    test = stored.select(parts.test)
    with replacing(out) as beside:
        beside.mkdir()
        write_onnx(beside / FILES["fp32"], recognizer, contract, step=beside / STEP)
        if "int8" in order:
            quantize(beside / FILES["fp32"], beside / FILES["int8"], lambda: static_int8.feeds(stored, parts.train))
        written: list[Precision] = [name for name, file in FILES.items() if (beside / file).exists()]
        report = {name: _check(beside, name, recognizer, test) for name in written}
        _hold(report["fp32"], export.tolerance, track)
        write_json(beside / "export.json", {"order": order, "precision": report})


def write_onnx(path: Path, recognizer: Recognizer, contract: Contract, *, step: Path | None = None) -> None:
    """Exports preprocessing and network; of a recurrent one, where `step` is named, one step too."""
    form = named(contract.form)
    if not isinstance(recognizer.network, Recurrent):
        return _write(path, clip_graph(recognizer, form, contract.shape), contract)
    clip, one = recurrent_graphs(recognizer, form, contract.shape)
    contract = replace(contract, state=recognizer.network.state_sizes)
    if step is not None:
        _write(step, one, replace(contract, kind="step"))
    return _write(path, clip, contract)


def _possible(precision: tuple[Precision, ...], recognizer: Recognizer) -> tuple[Precision, ...]:
    """Leaves int8 out of a recurrent model: ONNX Runtime's quantizer makes no valid file of it, see decisions/008.

    Raises: InputError where nothing is left.
    """
    if not isinstance(recognizer.network, Recurrent):
        return precision
    if "fp32" not in precision:
        raise InputError("export.precision: a recurrent model is exported in fp32 alone, got int8. Add fp32.")
    if len(precision) > 1:
        log.warning("export.precision: int8 is left out, a recurrent model is exported in fp32 alone.")
    return ("fp32",)


def seen_from(views: int, trained: weights.Trained) -> Recognizer:
    """Returns what is exported: the recognizer, or its answers to several views of each clip.

    Raises: InputError for a recurrent model, and for samples that are no points.
    """
    if views == 1:
        return trained.recognizer
    if not named(trained.form).has_points:
        raise InputError(f"export.views: a '{trained.form}' has one view, got {views}. Set it to 1.")
    if isinstance(trained.recognizer.network, Recurrent):
        raise InputError(f"export.views: a recurrent model remembers one view, got {views}. Set it to 1.")
    return Views(trained.recognizer, trained.form).eval()


def _hold(checked: dict[str, Any], tolerance: float, track: str) -> None:
    for name, other in (("max_difference", "PyTorch's"), ("step_difference", "the clip's, frame by frame,")):
        if not checked.get(name, 0.0) <= tolerance:  # NaN is no agreement
            raise SignloopError(
                f"export of '{track}': logits differ from {other} by {checked[name]:.2e}, allowed is {tolerance:.0e}. "
                "A layer exports as another function; see `export.tolerance`."
            )


def quantize(source: Path, path: Path, feeds: Callable[[], Sequence[static_int8.Feeds]] | None = None) -> None:
    """Writes an int8 file of an fp32 one; geometry is left alone, eight bits are no place for coordinates.

    Weights alone are scaled, and what flows between layers as it comes; of networks that convolve pictures both are
    scaled by `feeds`, samples of those that they learned from.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(source)
    if static_int8.wanted(model) and feeds is not None:
        static_int8.quantize(source, path, feeds())
        return _write(path, onnx.load(path), replace(contracts.read(source), precision="int8"))
    del model.graph.value_info[:]  # shape inference over the export's own annotations fails
    geometry = [node.name for node in model.graph.node if any(name.startswith("preprocess.") for name in node.input)]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantizer advises through the root logger
    try:
        quantize_dynamic(model, str(path), per_channel=True, nodes_to_exclude=geometry, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)
    return _write(path, onnx.load(path), replace(contracts.read(source), precision="int8"))


def _write(path: Path, model: onnx.ModelProto, contract: Contract) -> None:
    del model.metadata_props[:]
    model.metadata_props.add(key=contracts.KEY, value=contract.dumps())
    _forget_origin(model.graph)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _forget_origin(graph: onnx.GraphProto) -> None:
    """Removes the exporter's stack traces, which name this machine's folders."""
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _forget_origin(attribute.g)


def _check(folder: Path, precision: Precision, recognizer: Recognizer, test: Samples) -> dict[str, Any]:
    """Compares logits with Torch's on real samples, at several batch sizes and lengths, some with nothing to see."""
    path, step = folder / FILES[precision], folder / STEP
    predictor, steps = Predictor.open(path), Steps.open(step) if step.exists() else None
    worst, apart, same, count = 0.0, 0.0, 0, 0
    for feeds in _feeds(test):
        logits, seen = predictor.run(feeds)
        with torch.inference_mode():
            expected, expected_seen = recognizer(*map(torch.from_numpy, feeds.values()))
        assert logits.shape == tuple(expected.shape)
        assert np.allclose(seen, expected_seen.numpy(), atol=1e-6)
        worst = float(np.maximum(worst, np.abs(logits - expected.numpy()).max()))  # NaN wins
        same += int((logits.argmax(-1) == expected.numpy().argmax(-1)).sum())
        count += len(logits)
        if steps is not None:
            apart = float(np.maximum(apart, np.abs(logits - steps.through(feeds)).max()))
    checked = {**_file(path), "max_difference": worst, "agreement": same / count, "clips": count}
    return checked if steps is None else {**checked, "step": _file(step), "step_difference": apart}


def _file(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": sha256(path), "bytes": path.stat().st_size}


def _feeds(test: Samples) -> list[Feeds]:
    """Real test samples over several batch sizes and lengths; one of each batch shows nothing, another little."""
    form, feeds = named(test.form), []
    for batch in BATCHES:
        for length in LENGTHS if form.lasts else (1,):
            chosen = np.resize(np.linspace(0, len(test) - 1, num=min(len(test), 64), dtype=int), batch)
            values = np.stack([np.resize(test.clip(i), (length, *test.row)) for i in chosen])
            if batch > 1:
                _hide(values, form)
            feeds.append(_fed(test, values, chosen))
    every = np.arange(min(len(test), 512))
    for length in np.unique(test.lengths[every]):
        members = every[test.lengths[every] == length]
        feeds.append(_fed(test, np.stack([test.clip(i) for i in members]), members))
    return feeds


def _fed(test: Samples, values: NDArray[Any], chosen: NDArray[np.integer]) -> Feeds:
    form = named(test.form)
    return {form.values: form.feed(values)} | {name: getattr(test, name)[chosen] for name in form.columns}


def _hide(values: NDArray[Any], form: Form) -> None:
    """Leaves nothing to see in the last sample; the one before loses its thumbs, or half of each row."""
    nothing = np.nan if values.dtype.kind == "f" else 0
    lost: Any = slice(values.shape[2] // 2)
    if form.has_points:
        lost = [i for i, point in enumerate(skeleton(form.name).points) if "thumb" in point]
    values[-1] = nothing
    values[-2][:, lost] = nothing  # of thumbs: filled with one place for all their points
