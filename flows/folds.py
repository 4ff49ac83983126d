"""A fold of a cross-validation: what a model that was trained without some groups answers on them, and costs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.params import Track
from pipeline.samples import Samples

LATENCY_RUNS = 30


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One training without some groups, and what came of it.

    seconds       of training without pretraining, on one thread beside the other workers
    milliseconds  for one clip of the median length, one thread, median
    difference    the largest of a logit of the exported file from PyTorch's, on the tested clips
    """

    fold: str
    seed: int
    clips: int
    accuracy: float
    seconds: float
    parameters: int
    onnx_bytes: int
    milliseconds: float
    difference: float


def scored(track: Track, tested: Samples, folder: Path, *, fold: str, seed: int, seconds: float) -> Fold:
    """Exports the weights in folder/model as `track.export` says, and scores the file."""
    import numpy as np

    from pipeline.contract import Contract
    from pipeline.export import seen_from, write_onnx
    from pipeline.models import weights
    from pipeline.predictor import Predictor, inputs, torch_run

    own, file = weights.load(folder / "model"), folder / "model.onnx"
    recognizer = seen_from(track.export.views, own)
    contract = Contract(
        track="",
        model=track.model.name,
        features=track.model.features,
        form=own.form,
        row=own.row,
        class_names=own.class_names,
        views=track.export.views,
    )
    write_onnx(file, recognizer, contract)
    predictor = Predictor.open(file)
    logits, seen = predictor.logits(tested)
    expected, _ = replace(predictor, run=torch_run(recognizer)).logits(tested)
    usual = np.argsort(tested.lengths, kind="stable")[len(tested) // 2 :][:1]
    return Fold(
        fold=fold,
        seed=seed,
        clips=len(tested),
        accuracy=float(np.mean((logits.argmax(1) == tested.target) & (seen > 0))),
        seconds=seconds,
        parameters=sum(p.numel() for p in own.recognizer.parameters()),
        onnx_bytes=file.stat().st_size,
        milliseconds=_milliseconds(lambda: predictor.run(inputs(tested, usual))),
        difference=float(np.abs(logits - expected).max()),
    )


def _milliseconds(call: Callable[[], object]) -> float:
    took = []
    for _ in range(LATENCY_RUNS):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)
