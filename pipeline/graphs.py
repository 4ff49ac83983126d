"""Torch modules to ONNX graphs: a clip, and of a recurrent network one step with its state besides.

A loop in Python is unrolled to the example's frames. So two parts are traced, what needs no memory over all frames and
one step, and put together twice: as step.onnx, and with the step inside a `Scan` as the clip. They agree by
construction. See docs/decisions/008.
Trap: an export with an example batch of 1 passes without complaint and is then fixed to 1; so the example has more,
and the symbolic dimensions are asserted.
"""

import logging
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnx.compose import add_prefix_graph
from torch import Tensor, nn

from pipeline.contract import OUTPUTS, next_state
from pipeline.form import Form
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent, State

OPSET = 20
EXAMPLE = {"aspect": 1.0, "fps": 15.0, "handedness": 1.0}
BATCH, TIME = torch.export.Dim("B"), torch.export.Dim("T")


def clip_graph(recognizer: Recognizer, form: Form, row: tuple[int, ...]) -> onnx.ModelProto:
    """Returns the form's inputs → logits [B, K], seen [B], for any B and, where a sample lasts, any T."""
    return _trace_frames(recognizer, form, row, OUTPUTS)


def recurrent_graphs(
    recognizer: Recognizer, form: Form, row: tuple[int, ...]
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Returns the clip's graph, as `clip_graph` does, and that of a step.

    A step takes one frame as a clip of T = 1 and the state by its names, and returns the next state besides.
    """
    network = recognizer.network
    assert isinstance(network, Recurrent)
    parts = ("frames", "seen_frames", "seen")
    frames = _trace_frames(_Frames(recognizer.preprocess, network), form, row, parts)
    step = _trace_step(network, frames.graph.output[0].type.tensor_type.shape.dim[2].dim_value)
    return _clip(frames, step, network, form.values), _step(frames, step, network)


class _Frames(nn.Module):
    """What needs no memory, over all frames at once."""

    def __init__(self, preprocess: nn.Module, network: Recurrent) -> None:
        super().__init__()
        self.preprocess, self.network = preprocess, network

    def forward(self, values: Tensor, *columns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features_BTF, seen_BT = self.preprocess(values, *columns)
        return self.network.encode(features_BTF, seen_BT), seen_BT, seen_BT.to(values.dtype).mean(1)


class _Step(nn.Module):
    def __init__(self, network: Recurrent) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, seen_frame: Tensor, *state: Tensor) -> State:
        logits_BDK, state = self.network.step(frame, seen_frame, state)
        return *state, logits_BDK[:, -1]


def _trace_frames(module: nn.Module, form: Form, row: tuple[int, ...], outputs: tuple[str, ...]) -> onnx.ModelProto:
    values = np.random.default_rng(0).random((3, 5 if form.lasts else 1, *row), np.float32)
    columns = tuple(torch.full((3,), EXAMPLE[name]) for name in form.columns)
    symbolic = {0: BATCH, 1: TIME} if form.lasts else {0: BATCH}
    shapes = (symbolic, tuple({0: BATCH} for _ in columns)) if columns else (symbolic,)
    model = _trace(module, (torch.from_numpy(form.feed(values)), *columns), form.inputs, outputs, shapes)
    named = [bool(dim.dim_param) for dim in model.graph.input[0].type.tensor_type.shape.dim]
    assert [axis for axis, is_named in enumerate(named) if is_named] == list(symbolic), (
        "an axis was fixed by the export"
    )
    return model


def _trace_step(network: Recurrent, num_encoded: int) -> onnx.ModelProto:
    frame = torch.rand(3, num_encoded)
    example = (frame, torch.ones(3, dtype=torch.bool), *network.initial_state(frame))
    names = tuple(network.state_sizes)
    shapes = {"frame": {0: BATCH}, "seen_frame": {0: BATCH}, "state": tuple({0: BATCH} for _ in names)}
    outputs = (*map(next_state, names), "logits")
    model = _trace(_Step(network), example, ("frame", "seen_frame", *names), outputs, shapes)
    assert all(node.type.tensor_type.shape.dim[0].dim_param for node in model.graph.input), "batch was fixed"
    return model


def _trace(
    module: nn.Module, example: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...], shapes: Any
) -> onnx.ModelProto:
    torch.backends.mha.set_fastpath_enabled(False)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's: that B is one name for four axes, and its own deprecations
        program = torch.onnx.export(
            module.eval(),
            example,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=shapes,
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _clip(frames: onnx.ModelProto, step: onnx.ModelProto, network: Recurrent, values: str) -> onnx.ModelProto:
    """Puts the step into a `Scan` over the frames; the answer after the last is the clip's."""
    names, model = list(network.state_sizes), onnx.ModelProto()
    model.CopyFrom(frames)
    body = add_prefix_graph(step.graph, "step/", rename_initializers=False)
    inputs = list(body.input)
    del body.input[:]
    body.input.extend([*inputs[2:], *inputs[:2]])  # `Scan` takes the state first
    graph = model.graph
    graph.node.append(helper.make_node("Shape", [values], ["clip/batch"], start=0, end=1))
    for name, size in network.state_sizes.items():
        graph.initializer.append(numpy_helper.from_array(np.array([size]), f"clip/{name}_size"))
        shape = ["clip/batch", f"clip/{name}_size"]
        graph.node.append(helper.make_node("Concat", shape, [f"clip/{name}_shape"], axis=0))
        graph.node.append(helper.make_node("ConstantOfShape", [f"clip/{name}_shape"], [f"clip/{name}"]))
    graph.node.append(
        helper.make_node(
            "Scan",
            [*(f"clip/{name}" for name in names), "frames", "seen_frames"],
            [*(f"clip/{next_state(name)}" for name in names), "clip/answers"],
            body=body,
            num_scan_inputs=2,
            scan_input_axes=[1, 1],
        )
    )
    graph.initializer.append(numpy_helper.from_array(np.array(-1), "clip/minus_one"))
    graph.node.append(helper.make_node("Gather", ["clip/answers", "clip/minus_one"], ["logits"], axis=0))
    _give(graph, [step.graph.output[-1], frames.graph.output[2]])
    return model


def _step(frames: onnx.ModelProto, step: onnx.ModelProto, network: Recurrent) -> onnx.ModelProto:
    """Joins both parts on one frame; the state's tensors keep their names."""
    model, graph = onnx.ModelProto(), frames.graph
    model.CopyFrom(frames)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    model.graph.initializer.append(numpy_helper.from_array(np.array([1]), "step/time"))
    for name in ("frames", "seen_frames"):
        model.graph.node.append(helper.make_node("Squeeze", [name, "step/time"], [f"step/{name}"]))
    body = add_prefix_graph(step.graph, "step/", rename_initializers=False, rename_inputs=False, rename_outputs=False)
    for node in body.node:
        node.input[:] = [{"frame": "step/frames", "seen_frame": "step/seen_frames"}.get(x, x) for x in node.input]
    model.graph.node.extend(body.node)
    model.graph.initializer.extend(body.initializer)
    model.graph.input.extend(body.input[2:])
    _give(model.graph, [body.output[-1], graph.output[2], *body.output[:-1]])
    return model


def _give(graph: onnx.GraphProto, outputs: list[onnx.ValueInfoProto]) -> None:
    del graph.output[:]
    graph.output.extend(outputs)
    del graph.value_info[:]  # the exporter's annotations are of the parts
