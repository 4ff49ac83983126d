"""A version of a recurrent model carries its step, and answers frame by frame wherever it is loaded."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import registry
from pipeline import contract as contracts
from pipeline.calibration import Calibration
from pipeline.contract import INPUTS, KEY, OUTPUTS, Contract
from pipeline.errors import InputError
from pipeline.files import read_json, write_json
from registry.store import Store
from tests.registry.factories import Artifacts, make_track, never

CLASSES = ("A", "B", "C")
STATE = {"count": 3}


def own(kind: str) -> str:
    names = {"track": "letters", "model": "counter", "features": "raw", "skeleton": "hand"}
    return Contract(**names, class_names=CLASSES, kind=kind, state=STATE).dumps()  # pyright: ignore[reportArgumentType]


def write_step(path: Path) -> None:
    """Writes a step that counts frames up in its first class: the state is the logits."""
    nodes = [
        helper.make_node("Add", ["count", "one"], ["next_count"]),
        helper.make_node("Identity", ["next_count"], ["logits"]),
        helper.make_node("Identity", ["aspect"], ["seen"]),
    ]
    shapes = {"landmarks": ["B", 1, 21, 3], "logits": ["B", 3], "count": ["B", 3], "next_count": ["B", 3]}
    ins = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shapes.get(n, ["B"])) for n in (*INPUTS, "count")]
    outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shapes.get(n, ["B"])) for n in (*OUTPUTS, "next_count")]
    one = numpy_helper.from_array(np.array([[1, 0, 0]], np.float32), "one")
    model = helper.make_model(
        helper.make_graph(nodes, "step", ins, outs, [one]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    model.metadata_props.add(key=KEY, value=own("step"))
    onnx.save(model, path)


def remembers(path: Path) -> None:
    """Gives a clip's file the contract of a recurrent model."""
    model = onnx.load(path)
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=own("clip"))
    onnx.save(model, path)


def make_recurrent(folder: Path) -> Artifacts:
    calibration = Calibration(temperature=2.0, threshold=0.6)
    made = make_track(folder, misses={"fp32": never}, calibration=calibration, wrap=remembers)
    write_step(folder / "export/step.onnx")
    report = read_json(folder / "export/export.json")
    report["precision"]["fp32"]["step"] = {"file": "step.onnx"}
    write_json(folder / "export/export.json", report)
    return made


def test_the_versions_step_answers_frame_by_frame(store: Store, tmp_path: Path) -> None:
    make_recurrent(tmp_path / "a").promote(store)
    loaded = registry.load("letters", store=store)
    stream = loaded.stream(aspect=1.0, fps=30.0)
    assert stream.steps.contract.kind == "step"
    assert contracts.next_state("count") == "next_count"
    frame = np.zeros((21, 3), np.float32)
    answers = [stream.push(frame) for _ in range(3)]
    scores = [answer.score for answer in answers]
    assert scores == pytest.approx([np.exp(n / 2) / (np.exp(n / 2) + 2) for n in (1, 2, 3)], abs=1e-6)
    assert [answer.uncertain for answer in answers] == [True, True, False], "0.45, 0.58, 0.69"


def test_a_model_without_a_memory_has_no_stream(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    with pytest.raises(InputError, match="'letters' version 1 is 'mlp', which has no memory: use `predict`"):
        registry.load("letters", store=store).stream()
