"""A tiny model with a memory, and clients that stream to it: one class for a point's x, nobody where it is NaN.

Its logits are what it has seen of each class, half of it forgotten with every frame: a letter that was left and is not
forgotten stays in the way of the next one.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sqlalchemy import select
from websockets.sync.client import ClientConnection, connect

from monitoring.log.database import Database
from monitoring.log.tables import predictions
from pipeline.contract import INPUTS, KEY, OUTPUTS, Contract
from pipeline.files import read_json, write_json
from registry.store import Store
from tests.registry.factories import Artifacts, make_track, never

SHARE = 2.0  # that one frame adds to its class's logit
FPS = 20
SPELL = {"smoothing_s": 0, "hold_s": 0.2, "repeat_s": None, "pause_s": 0.4, "gap_s": 0.5, "confidence": 0.6}
NOBODY = np.full((21, 3), np.nan, np.float32)


def write_step(path: Path, classes: Sequence[str], share: float = SHARE) -> None:
    nodes = [
        helper.make_node("Gather", ["landmarks", "zero"], ["frame"], axis=1),
        helper.make_node("Gather", ["frame", "zero"], ["point"], axis=1),
        helper.make_node("Gather", ["point", "first"], ["x"], axis=1),
        helper.make_node("IsNaN", ["x"], ["lost"]),
        helper.make_node("Not", ["lost"], ["found"]),
        helper.make_node("Cast", ["found"], ["there"], to=TensorProto.FLOAT),
        helper.make_node("Squeeze", ["there", "column"], ["seen"]),
        helper.make_node("Equal", ["x", "classes"], ["hit"]),
        helper.make_node("Cast", ["hit"], ["hot"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["hot", "share"], ["more"]),
        helper.make_node("Mul", ["sum", "kept"], ["former"]),
        helper.make_node("Add", ["former", "more"], ["next_sum"]),
        helper.make_node("Identity", ["next_sum"], ["logits"]),
    ]
    number = len(classes)
    shapes: dict[str, list[Any]] = {"landmarks": ["B", 1, 21, 3]}
    shapes |= {name: ["B", number] for name in ("sum", "next_sum", "logits")}
    constants = {
        "zero": np.array(0),
        "first": np.array([0]),
        "column": np.array([1]),
        "share": np.float32(share),
        "kept": np.float32(0.5),
        "classes": np.arange(number, dtype=np.float32),
    }

    def values(*names: str) -> list[Any]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes.get(name, ["B"])) for name in names]

    graph = helper.make_graph(
        nodes,
        "remembering",
        values(*INPUTS, "sum"),
        values(*OUTPUTS, "next_sum"),
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    model.metadata_props.add(key=KEY, value=_contract(classes, "step"))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _contract(classes: Sequence[str], kind: Any) -> str:
    return Contract(
        track="letters",
        model="remembering",
        features="raw",
        form="hand",
        class_names=tuple(classes),
        kind=kind,
        state={"sum": len(classes)},
    ).dumps()


def make_remembering(folder: Path, classes: Sequence[str], *, share: float = SHARE, **track: Any) -> Artifacts:
    """Makes a track whose version has a step beside its clip."""

    def remembers(path: Path) -> None:
        model = onnx.load(path)
        del model.metadata_props[:]
        model.metadata_props.add(key=KEY, value=_contract(classes, "clip"))
        onnx.save(model, path)

    made = make_track(folder, **{"misses": {"fp32": never}, **track}, classes=classes, wrap=remembers)
    write_step(folder / "export/step.onnx", classes, share)
    report = read_json(folder / "export/export.json")
    report["precision"]["fp32"]["step"] = {"file": "step.onnx"}
    write_json(folder / "export/export.json", report)
    return made


def promote(made: Artifacts, store: Store, seed: int = 0) -> None:
    decision = made.promote(store, params={"model": {"name": "mlp"}, "seed": seed})
    assert decision["status"] == "passed", decision


def hand(x: float) -> NDArray[np.float32]:
    """Returns a hand [21, 3] that shows class number x."""
    values = np.zeros((21, 3), np.float32)
    values[0, 0] = x
    return values


def binary(time_s: float, values: NDArray[np.float32]) -> bytes:
    return np.float64(time_s).tobytes() + values.astype("<f4").tobytes()


def shown(classes: Sequence[str], text: str, *, each: int = 8) -> Iterator[NDArray[np.float32]]:
    """Yields frames that show each letter of a text; '.' is nobody."""
    for letter in text:
        yield from [NOBODY if letter == "." else hand(classes.index(letter))] * each


class Talk:
    """A client: says messages, and hears answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sent = 0

    def say(self, type: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": type, **fields}))

    def hear(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=120))

    def start(self, **fields: Any) -> dict[str, Any]:
        self.say("start", spell=SPELL, **fields)
        told = self.hear()
        assert told["type"] == "started", told
        return told

    def show(self, values: NDArray[np.float32]) -> None:
        """Sends one more frame."""
        self.sent += 1
        self.socket.send(binary(self.sent / FPS, values))

    def answers(self, frames: Iterator[NDArray[np.float32]]) -> list[dict[str, Any]]:
        """Sends each frame when the one before was answered, so that none is dropped; returns the answers."""
        heard = []
        for values in frames:
            self.show(values)
            heard.append(self.hear())
        return heard


@contextmanager
def talk(client: httpx.Client, track: str = "letters", **options: Any) -> Iterator[Talk]:
    address = str(client.base_url).replace("http", "ws").rstrip("/")
    with connect(f"{address}/v1/{track}/stream", max_size=2**24, **options) as socket:
        yield Talk(socket)


def logged(folder: Path) -> list[Any]:
    """Returns the rows of the prediction log in a folder."""
    database = Database.open(f"sqlite:///{folder / 'predictions.db'}")
    with database.engine.connect() as connection:
        return list(connection.execute(select(predictions).order_by(predictions.c.time)))
