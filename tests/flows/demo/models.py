"""Models that answer where the hand is and which one: one sees at once if a picture was turned over before them."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.contract import INPUTS, KEY, OUTPUTS, Contract, next_state
from pipeline.skeleton import skeleton as skeleton_by_name

CLASSES = ("A", "B", "C", "D")  # left hand, right hand in the picture's left half; the same in its right half
STATE = {"frames": 1}
SHARP = 5.0  # the logit of the class, the others' are 0


def expected(wrist_x: float, handedness: float) -> str:
    return CLASSES[2 * int(wrist_x > 0.5) + int(handedness > 0.5)]


def write_clip(path: Path, skeleton: str = "hand") -> Path:
    """Writes a model of whole clips that answers by their last frame; of a signer by the left hand, its first point."""
    nodes = [
        *_sides(),
        helper.make_node("Div", ["aspect", "aspect"], ["seen"]),
        helper.make_node("Mul", ["hot", "sharp"], ["logits"]),
    ]
    return _write(path, nodes, "clip", {}, skeleton)


def write_step(path: Path) -> Path:
    """Writes one step of a model that grows surer: its logit is the number of frames with a hand."""
    nodes = [
        *_sides(),
        helper.make_node("IsNaN", ["x"], ["lost"]),
        helper.make_node("Not", ["lost"], ["found"]),
        helper.make_node("Cast", ["found"], ["more"], to=TensorProto.FLOAT),
        helper.make_node("Squeeze", ["more", "column"], ["seen"]),
        helper.make_node("Add", ["frames", "more"], ["next_frames"]),
        helper.make_node("Mul", ["hot", "next_frames"], ["logits"]),
    ]
    return _write(path, nodes, "step", STATE)


def _sides() -> list[Any]:
    """The class of the last frame, as one of four that is hot."""
    return [
        helper.make_node("Gather", ["landmarks", "last"], ["frame"], axis=1),
        helper.make_node("Gather", ["frame", "zero"], ["wrist"], axis=1),
        helper.make_node("Gather", ["wrist", "first"], ["x"], axis=1),
        helper.make_node("Greater", ["x", "half"], ["is_right_half"]),
        helper.make_node("Unsqueeze", ["handedness", "column"], ["side"]),
        helper.make_node("Greater", ["side", "half"], ["is_right_hand"]),
        helper.make_node("Cast", ["is_right_half"], ["right_half"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["is_right_hand"], ["right_hand"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["right_half", "two"], ["doubled"]),
        helper.make_node("Add", ["doubled", "right_hand"], ["label"]),
        helper.make_node("Equal", ["label", "classes"], ["hit"]),
        helper.make_node("Cast", ["hit"], ["hot"], to=TensorProto.FLOAT),
    ]


def _write(path: Path, nodes: list[Any], kind: Any, state: dict[str, int], skeleton: Any = "hand") -> Path:
    constants = {
        "last": np.array(-1),
        "zero": np.array(0),
        "first": np.array([0]),
        "column": np.array([1]),
        "half": np.float32(0.5),
        "two": np.float32(2),
        "sharp": np.float32(SHARP),
        "classes": np.arange(len(CLASSES), dtype=np.float32),
    }
    shapes: dict[str, list[Any]] = {
        "landmarks": ["B", "T", len(skeleton_by_name(skeleton).points), 3],
        "logits": ["B", len(CLASSES)],
    }
    for name, size in state.items():
        shapes |= {name: ["B", size], next_state(name): ["B", size]}

    def values(*names: str) -> list[Any]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes.get(name, ["B"])) for name in names]

    graph = helper.make_graph(
        nodes,
        "sides",
        values(*INPUTS, *state),
        values(*OUTPUTS, *map(next_state, state)),
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    own = Contract(
        track="letters", model="sides", features="raw", form=skeleton, class_names=CLASSES, kind=kind, state=state
    )
    model.metadata_props.add(key=KEY, value=own.dumps())
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
