"""Tracks of other forms than hands, around ONNX models whose answers one knows beforehand.

sketches  a bitmap [28, 28] says its class by where its ink is: that of the first three rows with the most of it
forecast  two steps to come of a series of two channels: the mean of what was seen, twice
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper

from pipeline.contract import KEY, Contract
from pipeline.files import sha256, write_json, write_text
from registry import versions
from registry.store import Store
from registry.versions import EXTRAS, ONNX, PRODUCTION

CLASSES = ("cat", "sun", "tree")
SKETCHES = Contract(
    track="sketches", model="sketch_cnn", features="pixels", form="bitmap", class_names=CLASSES, row=(28, 28)
)

FORECAST = Contract(
    track="forecast",
    model="seq2seq_attention",
    features="values",
    form="series",
    class_names=(),
    row=(2, 1),
    objective="forecast",
)


def drawing(label: int, ink: int = 255) -> NDArray[np.uint8]:
    """Returns a bitmap [28, 28] of a class."""
    bitmap = np.zeros((28, 28), np.uint8)
    bitmap[label] = ink
    return bitmap


def write_sketches(path: Path) -> None:
    """Writes a model of bitmaps: logits are the mean ink of rows 0, 1 and 2, in tenths of grey."""
    constants = [
        helper.make_tensor("rows", TensorProto.INT64, [3], [0, 1, 2]),
        helper.make_tensor("across", TensorProto.INT64, [2], [1, 3]),
        helper.make_tensor("all", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("tenth", TensorProto.FLOAT, [], [0.1]),
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
    ]
    nodes = [
        helper.make_node("Gather", ["bitmap", "rows"], ["first"], axis=2),
        helper.make_node("ReduceMean", ["first", "across"], ["ink"], keepdims=0),
        helper.make_node("Mul", ["ink", "tenth"], ["logits"]),
        helper.make_node("ReduceSum", ["bitmap", "all"], ["whole"], keepdims=0),
        helper.make_node("Greater", ["whole", "zero"], ["some"]),
        helper.make_node("Cast", ["some"], ["seen"], to=TensorProto.FLOAT),
    ]
    write(path, SKETCHES, nodes, constants, {"bitmap": ["B", 1, 28, 28]}, {"logits": ["B", 3], "seen": ["B"]})


def write_forecast(path: Path) -> None:
    constants = [
        helper.make_tensor("time", TensorProto.INT64, [1], [1]),
        helper.make_tensor("rest", TensorProto.INT64, [2], [1, 2]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
    ]
    nodes = [
        helper.make_node("IsNaN", ["series"], ["gap"]),
        helper.make_node("Cast", ["gap"], ["missing"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["one", "missing"], ["known"]),
        helper.make_node("Where", ["gap", "missing", "series"], ["raised"]),
        helper.make_node("Sub", ["raised", "missing"], ["filled"]),
        helper.make_node("ReduceSum", ["filled", "time"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["known", "time"], ["count"], keepdims=1),
        helper.make_node("Max", ["count", "one"], ["some"]),
        helper.make_node("Div", ["sum", "some"], ["mean"]),
        helper.make_node("Concat", ["mean", "mean"], ["forecast"], axis=1),
        helper.make_node("ReduceMean", ["known", "rest"], ["seen"], keepdims=0),
    ]
    outputs = {"forecast": ["B", 2, 2], "seen": ["B"]}
    write(path, FORECAST, nodes, constants, {"series": ["B", "T", 2]}, outputs)


def write(
    path: Path,
    contract: Contract,
    nodes: list[Any],
    constants: list[Any],
    inputs: dict[str, list[Any]],
    outputs: dict[str, list[Any]],
) -> None:
    def infos(shapes: dict[str, list[Any]]) -> list[Any]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]

    graph = helper.make_graph(nodes, "tiny", infos(inputs), infos(outputs), constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    proto.metadata_props.add(key=KEY, value=contract.dumps())
    onnx.save(proto, path)


WRITERS = {"sketches": write_sketches, "forecast": write_forecast}
CONTRACTS = {"sketches": SKETCHES, "forecast": FORECAST}


def put(store: Store, folder: Path, track: str = "sketches", *, reference: pd.DataFrame | None = None) -> int:
    """Registers a track's model, with its reference, and puts it into Production; returns its number."""
    bundle = folder / f"bundle-{track}"
    (bundle / EXTRAS).mkdir(parents=True)
    WRITERS[track](bundle / ONNX)
    write_text(bundle / "MLmodel", "flavors: {}\n")
    write_json(bundle / EXTRAS / "metrics.json", {})
    write_text(bundle / EXTRAS / "contract.json", CONTRACTS[track].dumps() + "\n")
    if reference is not None:
        reference.to_parquet(bundle / EXTRAS / "reference.parquet", index=False)
    digest = sha256(bundle / ONNX)
    tags = {"signloop.status": "passed", "signloop.onnx_sha256": digest}
    made = versions.register(store, track, bundle=bundle, fingerprint=digest, tags=tags, description="", run_id=None)
    versions.point(store, track, PRODUCTION, made.number)
    return made.number
