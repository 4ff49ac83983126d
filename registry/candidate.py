"""A candidate for Production: one exported precision, what was measured of it, and the bundle a version is made of."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import calibration as calibrations
from pipeline import contract as contracts
from pipeline import samples as stores
from pipeline import split as splits
from pipeline.calibration import Calibration
from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.files import read_json, sha256, write_json, write_text
from pipeline.predictor import inputs
from pipeline.samples import Samples
from pipeline.split import RECENT
from registry.lineage import Lineage
from registry.versions import CALIBRATION, EXTRAS, ONNX, STEP

PLOTS, DRAWN = "plots", (".csv", ".png")  # what MLflow shows of an evaluation: its tables and its pictures
MAKES_THE_MODEL = ("data", "prepare", "model", "pretrain", "train")  # sections; the others judge it


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a track's stages left behind: the same for each precision."""

    track: str
    test: Samples
    recent: Samples  # corrected clips of clients who are never trained on; none without such
    learned_groups: tuple[str, ...]  # trained on, or chosen by (validation)
    model: Path
    exported: Path
    evaluation: Path
    params: dict[str, Any]
    lineage: Lineage
    hashes: dict[str, str]  # data, split, model, params, test_set


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One precision of a source; `correct` [N] follows the order of the test clips, `on_recent` that of recent ones."""

    source: Source
    precision: str
    onnx: Path
    contract: Contract
    metrics: dict[str, Any]
    calibration: Calibration
    correct: NDArray[np.bool_]
    on_recent: NDArray[np.bool_]
    fingerprint: str

    @property
    def evaluation_sha256(self) -> str:
        return digest_of_evaluation(self.metrics, self.calibration)


def read(
    *,
    track: str,
    samples: Path,
    split: Path,
    model: Path,
    exported: Path,
    evaluation: Path,
    params: dict[str, Any],
    lineage: Lineage,
) -> list[Candidate]:
    """Reads the candidates in order of preference.

    Raises: InputError when the artifacts are missing, damaged, or of different runs of the stages.
    """
    everything, parts = stores.read(samples), splits.read(split)
    test, recent = everything.select(parts.test), everything.select(parts.recent)
    learned = np.unique(everything.group[np.concatenate([parts.train, parts.val])].astype(str))
    ids = sorted(test.id.astype(str))
    source = Source(
        track=track,
        test=test,
        recent=recent,
        learned_groups=tuple(str(name) for name in learned),
        model=model,
        exported=exported,
        evaluation=evaluation,
        params=params,
        lineage=lineage,
        hashes={
            "data": sha256(samples),
            "split": sha256(split),
            "model": sha256(model / "model.safetensors"),
            "params": digest_of_params(params),
            "test_set": digest(ids),
            "provenance": digest(everything.provenance),
        },
    )
    report = read_json(exported / "export.json")
    answers = pd.read_parquet(evaluation / "predictions.parquet")
    return [_candidate(source, name, report["precision"][name], answers) for name in report["order"]]


def _candidate(source: Source, precision: str, export: dict[str, Any], answers: pd.DataFrame) -> Candidate:
    onnx = source.exported / export["file"]
    metrics, calibration = (_of(precision, source.evaluation / f"{name}.json") for name in ("metrics", "calibration"))
    if (found := sha256(onnx)) != export["sha256"]:
        raise InputError(f"'{onnx}': expected sha256 {export['sha256'][:12]}…, got {found[:12]}…. Run `dvc repro`.")
    own = answers.loc[answers["precision"] == precision]
    where = f"'{source.evaluation / 'predictions.parquet'}'"
    on_test, on_recent = (own.loc[own["part"] == part] for part in ("test", RECENT))
    return Candidate(
        source=source,
        precision=precision,
        onnx=onnx,
        contract=contracts.read(onnx),
        metrics=metrics,
        calibration=calibrations.from_json(calibration, str(source.evaluation / "calibration.json")),
        correct=_correct(on_test, source.test, f"{where} answers {len(on_test)} clips of {precision}, the split tests"),
        on_recent=_correct(
            on_recent, source.recent, f"{where} answers {len(on_recent)} recent clips of {precision}, the split has"
        ),
        fingerprint=digest([found, *(source.hashes[name] for name in ("data", "split", "model", "params"))]),
    )


def _correct(answers: pd.DataFrame, samples: Samples, words: str) -> NDArray[np.bool_]:
    """Returns which clips were answered rightly, in their order."""
    own = answers.set_index("id")
    if set(own.index) != set(samples.id) or len(own) != len(samples):
        raise InputError(f"{words} {len(samples)}, or others. Run `dvc repro` to evaluate again.")
    own = own.loc[list(samples.id)]
    return (own["label"] == own["target"]).to_numpy(bool)


def _of(precision: str, path: Path) -> dict[str, Any]:
    found = read_json(path)
    if precision not in found:
        raise InputError(f"'{path}' lacks {precision}. Run `dvc repro` to evaluate again.")
    return found[precision]


def digest(value: Any) -> str:
    """Hashes a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def digest_of_evaluation(metrics: dict[str, Any], calibration: Calibration | None) -> str:
    """Hashes what is judged and served of an evaluation; None of a version that was registered without."""
    return digest([metrics, calibration.to_json()] if calibration else metrics)


def digest_of_params(params: dict[str, Any]) -> str:
    """Hashes the sections that make a model, out of all of a track's."""
    return digest({name: params.get(name) for name in MAKES_THE_MODEL})


def tags(candidate: Candidate) -> dict[str, str]:
    """Returns what leads from a version back to data, code and measurements."""
    source = candidate.source
    return {
        **{f"signloop.{name}_sha256": value for name, value in source.hashes.items() if name != "test_set"},
        "signloop.test_set": source.hashes["test_set"],
        "signloop.onnx_sha256": sha256(candidate.onnx),
        "signloop.precision": candidate.precision,
        "signloop.architecture": candidate.contract.model,
        "signloop.synthetic": str(bool(source.test.provenance.get("synthetic"))).lower(),
        "signloop.learned_groups": str(len(source.learned_groups)),
        **source.lineage.tags(),
        **tags_of_evaluation(candidate),
    }


def tags_of_evaluation(candidate: Candidate) -> dict[str, str]:
    """Returns the tags that change when the same bytes are measured anew."""
    figures = {
        f"metric.{name}": f"{value:.6g}" for name, value in candidate.metrics.items() if isinstance(value, float)
    }
    return {
        **figures,
        CALIBRATION: json.dumps(candidate.calibration.to_json(), sort_keys=True),
        "signloop.evaluation_sha256": candidate.evaluation_sha256,
    }


def write_bundle(candidate: Candidate, folder: Path) -> None:
    """Writes an MLflow ONNX model that loads anywhere, with everything else about it beside.

    Traps: MLflow moves tensors to a second file and re-serialises unless told and replaced; it prefers CUDA and warns
    where there is none; without listed requirements it starts a process to infer them.
    """
    import onnx
    import onnxruntime
    from mlflow.onnx import save_model

    model = onnx.load(candidate.onnx)
    save_model(
        model,
        str(folder),
        signature=signature(model),
        input_example=_example(candidate, [node.name for node in model.graph.input]),
        pip_requirements=[
            f"onnx=={onnx.__version__}",
            f"onnxruntime=={onnxruntime.__version__}",
            f"numpy=={np.__version__}",
        ],
        onnx_execution_providers=["CPUExecutionProvider"],
        save_as_external_data=False,
    )
    shutil.copyfile(candidate.onnx, folder / ONNX)
    write_extras(candidate, folder / EXTRAS)
    source = candidate.source
    for file in ("model.safetensors", "model.json", "history.csv"):
        if (source.model / file).exists():
            shutil.copyfile(source.model / file, folder / EXTRAS / file)
    shutil.copyfile(source.exported / "export.json", folder / EXTRAS / "export.json")
    if step := read_json(source.exported / "export.json")["precision"][candidate.precision].get("step"):
        shutil.copyfile(source.exported / step["file"], folder / STEP)
    write_text(folder / EXTRAS / "contract.json", candidate.contract.dumps() + "\n")
    write_json(folder / EXTRAS / "params.json", source.params)
    write_json(folder / EXTRAS / "learned_groups.json", source.learned_groups)
    write_json(folder / EXTRAS / "provenance.json", source.test.provenance)
    if source.lineage.diff:
        (folder / EXTRAS / "dirty.diff").write_bytes(source.lineage.diff.encode(errors="surrogateescape"))


def write_extras(candidate: Candidate, folder: Path) -> None:
    """Writes what an evaluation says of the same bytes, and draws of them: it may be measured anew.

    Single answers to recent clips stay out: those people can ask to be erased, and a version is for ever.
    """
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    evaluation = candidate.source.evaluation
    write_json(folder / "metrics.json", candidate.metrics)
    calibrations.write(folder / "calibration.json", candidate.calibration)
    answers = pd.read_parquet(evaluation / "predictions.parquet")
    own = answers[(answers["precision"] == candidate.precision) & (answers["part"] != RECENT)]
    own.to_parquet(folder / "predictions.parquet", index=False)
    shutil.copyfile(evaluation / "reference.parquet", folder / "reference.parquet")
    for plot in sorted(path for path in evaluation.iterdir() if path.suffix in DRAWN):
        shutil.copyfile(plot, folder / PLOTS / plot.name)


def signature(model: Any) -> Any:
    """The inputs that the graph really has: an export leaves out what the model does not read."""
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    def schema(nodes: Any) -> Schema:
        shapes = [(n.name, [d.dim_value or -1 for d in n.type.tensor_type.shape.dim]) for n in nodes]
        return Schema([TensorSpec(np.dtype(np.float32), tuple(shape), name) for name, shape in shapes])

    return ModelSignature(schema(model.graph.input), schema(model.graph.output))


def _example(candidate: Candidate, names: list[str]) -> dict[str, NDArray[np.float32]]:
    """The first test clip, as `models:/` takes it; unknown values become plain ones, since JSON has no NaN."""
    plain = {"aspect": 1.0, "fps": 15.0, "handedness": 1.0}
    feeds = inputs(candidate.source.test, np.array([0]))
    return {name: np.nan_to_num(feeds[name], nan=plain.get(name, 0.0)) for name in names}
