"""Versions that should not be served: registered like any other, with their file changed before."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from pipeline.files import sha256
from registry import versions
from registry.store import Store


def register(store: Store, folder: Path, change: Callable[[Path], None]) -> int:
    """Registers what version 1 holds, changed and passed by its gates; returns its number."""
    first = versions.named(store, "letters", number=1)
    with versions.files(store, first) as found:
        shutil.copytree(found, folder)
    model = folder / versions.ONNX
    change(model)
    tags = {"signloop.status": "passed", "signloop.onnx_sha256": sha256(model)}
    made = versions.register(
        store, "letters", bundle=folder, fingerprint=sha256(model), tags=tags, description="", run_id=None
    )
    return made.number


def not_a_number(path: Path) -> None:
    """Has a model multiply by NaN."""
    _constants(path, sharp=np.array(np.nan, np.float32))


def of_two_classes(path: Path) -> None:
    """Has a model answer with two classes where its contract says three."""
    _constants(path, classes=np.array([0, 1], np.float32), count=np.array(2, np.float32))


def for_long_clips(path: Path) -> None:
    """Has a model look at the fortieth frame, whether there is one or not."""
    model = onnx.load(path)
    model.graph.initializer.append(numpy_helper.from_array(np.array([40], np.int64), "fortieth"))
    model.graph.node[0].input[0] = "late"
    model.graph.node.insert(0, onnx.helper.make_node("Gather", ["landmarks", "fortieth"], ["late"], axis=1))
    onnx.save(model, path)


def no_model(path: Path) -> None:
    path.write_bytes(b"nothing of the kind")


def _constants(path: Path, **values: np.ndarray) -> None:
    model = onnx.load(path)
    for constant in model.graph.initializer:
        if constant.name in values:
            constant.CopyFrom(numpy_helper.from_array(values[constant.name], constant.name))
    if "classes" in values:
        logits = model.graph.output[0].type.tensor_type.shape
        logits.dim[1].dim_value = len(values["classes"])
    onnx.save(model, path)
