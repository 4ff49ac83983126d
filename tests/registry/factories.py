"""Tracks as the stages leave them, around ONNX models whose right and wrong answers a test dictates.

A clip says its class in point 0, and in point 1 + m by how much model m misses it: so a real ONNX Runtime answers
exactly what `misses` says.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper
from PIL import Image

from pipeline import samples as stores
from pipeline import split as splits
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.contract import INPUTS, KEY, OUTPUTS, Contract
from pipeline.evaluate import predictions
from pipeline.files import sha256, write_json, write_text
from pipeline.params import Gates, Rule
from pipeline.predictor import Predictor
from pipeline.samples import from_clips
from pipeline.split import Split
from registry.lineage import Lineage
from registry.promote import promote
from registry.store import Store

CLASSES = ("A", "B", "C")
LINEAGE = Lineage(commit="c0ffee", diff="", lock_sha256="1" * 64)
FLOOR = Gates(accuracy=Rule(min=0.5))

Misses = Callable[[int, int], bool]  # (group, clip of the group) → whether the model misses it


def never(group: int, clip: int) -> bool:
    return False


def every(nth: int) -> Misses:
    return lambda group, clip: clip % nth == 0


def write_onnx(
    path: Path, model: int, *, classes: Sequence[str] = CLASSES, form: str = "hand", contract: str | None = None
) -> None:
    """Writes model number m: argmax is point 0 plus point 1 + m, modulo the number of classes."""
    constants = [
        helper.make_tensor("both", TensorProto.INT64, [2], [0, 1 + model]),
        helper.make_tensor("time", TensorProto.INT64, [1], [1]),
        helper.make_tensor("x", TensorProto.INT64, [], [0]),
        helper.make_tensor("points", TensorProto.INT64, [1], [1]),
        helper.make_tensor("count", TensorProto.FLOAT, [], [len(classes)]),
        helper.make_tensor("classes", TensorProto.FLOAT, [len(classes)], list(range(len(classes)))),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("sharp", TensorProto.FLOAT, [], [10.0]),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["landmarks", "time"], ["mean"], keepdims=0),
        helper.make_node("Gather", ["mean", "both"], ["said"], axis=1),
        helper.make_node("Gather", ["said", "x"], ["said_x"], axis=2),
        helper.make_node("ReduceSum", ["said_x", "points"], ["sum"], keepdims=1),
        helper.make_node("Mod", ["sum", "count"], ["label"], fmod=1),
        helper.make_node("Equal", ["label", "classes"], ["hit"]),
        helper.make_node("Cast", ["hit"], ["hot"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["hot", "sharp"], ["logits"]),
        helper.make_node("Mul", ["aspect", "aspect"], ["squared"]),
        helper.make_node("Div", ["squared", "squared"], ["seen"]),
    ]
    shapes: dict[str, list[Any]] = {"landmarks": ["B", "T", 21, 3], "logits": ["B", len(classes)]}
    value = {n: helper.make_tensor_value_info(n, TensorProto.FLOAT, shapes.get(n, ["B"])) for n in (*INPUTS, *OUTPUTS)}
    graph = helper.make_graph(nodes, "tiny", [value[n] for n in INPUTS], [value[n] for n in OUTPUTS], constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    own = Contract(track="letters", model="mlp", features="invariant", form=form, class_names=tuple(classes)).dumps()
    proto.metadata_props.add(key=KEY, value=own if contract is None else contract)
    onnx.save(proto, path)


@dataclass(frozen=True)
class Artifacts:
    """The folder of one track."""

    folder: Path

    def promote(self, store: Store, gates: Gates = FLOOR, **options: Any) -> dict[str, Any]:
        """Runs the stage; returns what decision.json says."""
        given: dict[str, Any] = {"lineage": LINEAGE, "params": {"model": {"name": "mlp"}, "seed": 0}, **options}
        out = self.folder / "decision.json"
        promote(
            gates,
            track="letters",
            samples=self.folder / "samples.h5",
            split=self.folder / "prepare/split.json",
            model=self.folder / "model",
            exported=self.folder / "export",
            evaluation=self.folder / "evaluation",
            out=out,
            store=store,
            **given,
        )
        return json.loads(out.read_text(encoding="utf-8"))


def make_track(
    folder: Path,
    *,
    misses: dict[str, Misses],
    model: int = 0,
    groups: int = 12,
    clips: int = 60,
    classes: Sequence[str] = CLASSES,
    learned: Sequence[str] = ("learned",),
    recent: Sequence[str] = (),
    others: dict[int, Misses] | None = None,
    calibration: Calibration = AS_IT_IS,
    wrap: Callable[[Path], None] = lambda path: None,
) -> Artifacts:
    """Writes a track whose precisions, in order, miss what `misses` says; precision p is model number `model` + p.

    learned  names of groups in train
    recent   names of groups on which candidates are compared; group numbers go on counting
    others   what other models, of other tracks' folders, miss of the same clips
    """
    miss = {model + p: rule for p, rule in enumerate(misses.values())} | (others or {})
    rows, targets, names = [], [], []
    for g, name in enumerate([*learned, *(f"test{g:02d}" for g in range(groups)), *recent]):
        for c in range(clips):
            clip = np.zeros((1, 21, 3), np.float32)
            clip[0, 0, 0] = c % len(classes)
            for number, rule in miss.items():
                clip[0, 1 + number, 0] = rule(g - len(learned), c)
            rows.append(clip)
            targets.append(c % len(classes))
            names.append(name)
    ids = [f"{name}/{i}" for i, name in enumerate(names)]
    samples = from_clips(
        rows, target=targets, group=names, ids=ids, fps=15.0, class_names=tuple(classes), provenance={"source": "tiny"}
    )
    stores.write(folder / "samples.h5", samples)
    indices = np.arange(len(samples))
    cut = clips * len(learned)
    end = cut + clips * groups
    parts = {"train": indices[: cut // 2], "val": indices[cut // 2 : cut], "test": indices[cut:end]}
    parts |= {"rest": indices[:0], "recent": indices[end:]}
    named = {part: tuple(sorted({names[i] for i in chosen})) for part, chosen in parts.items()}
    weights = dict.fromkeys(classes, 1.0)
    splits.write(folder / "prepare/split.json", Split(**parts, class_weights=weights, unmeasured=(), groups=named))
    write_text(folder / "model/model.safetensors", f"weights of model {model}")
    write_text(folder / "model/model.json", "{}")
    write_text(
        folder / "model/history.csv",
        "epoch,train_loss,val_loss,val_accuracy,learning_rate\n0,1.0,0.9,0.5,0.01\n1,0.5,0.4,0.8,0.02\n",
    )
    test = samples.select(parts["test"])
    measured, answers, exported = {}, [], {}
    for p, precision in enumerate(misses):
        path = folder / "export" / ("model.onnx" if precision == "fp32" else f"model.{precision}.onnx")
        path.parent.mkdir(exist_ok=True)
        write_onnx(path, model + p, classes=classes)
        predictor = Predictor.open(path, calibration=calibration)
        frame = predictions(test, *predictor.scores(test)).assign(precision=precision, part="test")
        compared = samples.select(parts["recent"])
        scores = predictor.scores(compared)
        wrap(path)
        answers += [frame, predictions(compared, *scores).assign(precision=precision, part="recent")]
        measured[precision] = {"accuracy": float((frame["label"] == frame["target"]).mean()), "ece": 0.01}
        exported[precision] = {"file": path.name, "sha256": sha256(path), "max_difference": 0.0}
    write_json(folder / "export/export.json", {"order": list(misses), "precision": exported})
    write_json(folder / "evaluation/metrics.json", measured)
    write_json(folder / "evaluation/calibration.json", dict.fromkeys(misses, calibration.to_json()))
    together = pd.concat(answers, ignore_index=True)
    together.to_parquet(folder / "evaluation/predictions.parquet", index=False)
    together.drop(columns="id").to_parquet(folder / "evaluation/reference.parquet", index=False)
    write_text(folder / "evaluation/pairs.csv", "actual,predicted,clips,share\n")
    Image.new("RGB", (2, 2)).save(folder / "evaluation/moments.png")
    return Artifacts(folder)
