"""The stage `evaluate`: scores the files that will be served, and keeps what they answered.

They answer as they will be served, calibrated on the validation clips: that is what metrics, predictions and reference
are of. Corrected clips of clients who are never trained on are answered as well, apart, where there are some.
Files in out/: metrics.json · calibration.json · predictions.parquet · reference.parquet (what drift is measured
against) · the tables that are drawn (pipeline/plots.py).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import plots
from pipeline import samples as store
from pipeline import split as splits
from pipeline.calibrating import calibrate, worth
from pipeline.errors import InputError
from pipeline.files import read_json, replacing, write_json
from pipeline.form import form as named
from pipeline.metrics import Scored, measure
from pipeline.params import Evaluate
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from pipeline.split import Split
from pipeline.summary import summarise


def evaluate(evaluate: Evaluate, *, samples: Path, split: Path, exported: Path, out: Path) -> None:
    """Scores every precision on the test clips; plots and reference are of the preferred one."""
    everything, parts = store.read(samples), splits.read(split)
    if len(parts.test) == 0:
        raise InputError(
            f"'{split}': expected clips to test on, got none. Change `prepare.test_share` or `prepare.test`."
        )
    val, test, recent = (everything.select(part) for part in (parts.val, parts.test, parts.recent))
    report = read_json(exported / "export.json")
    measured: dict[str, dict[str, Any]] = {}
    chosen, answered = {}, []
    with replacing(out) as beside:
        beside.mkdir()
        for precision in report["order"]:
            predictor = calibrated(exported / report["precision"][precision]["file"], val, evaluate)
            logits, seen = predictor.logits(test)
            probabilities = predictor.calibration.probabilities(logits)
            scored = Scored(probabilities=probabilities, seen=seen, target=test.target, group=test.group)
            measured[precision] = measure(scored, evaluate) | worth(scored, logits, predictor.calibration, evaluate)
            chosen[precision] = predictor.calibration.to_json()
            answered.append(predictions(test, probabilities, seen).assign(precision=precision, part="test"))
            if len(recent):
                measured[precision][splits.RECENT], frame = on_recent(predictor, recent, evaluate)
                answered.append(frame.assign(precision=precision, part=splits.RECENT))
            if precision == report["order"][0]:
                learned = np.bincount(everything.target[parts.train], minlength=len(test.class_names))
                plots.write(beside, scored, test=test, train_clips=learned, predictor=predictor, config=evaluate)
                reference(everything, parts, predictor).to_parquet(beside / "reference.parquet", index=False)
        write_json(beside / "metrics.json", measured)
        write_json(beside / "calibration.json", chosen)
        pd.concat(answered, ignore_index=True).to_parquet(beside / "predictions.parquet", index=False)


def calibrated(path: Path, val: Samples, config: Evaluate) -> Predictor:
    """Opens a file that answers with the calibration which its answers to the validation clips give."""
    predictor = Predictor.open(path)
    logits, seen = predictor.logits(val)
    return replace(predictor, calibration=calibrate(logits, seen, val.target, config))


def on_recent(predictor: Predictor, recent: Samples, config: Evaluate) -> tuple[dict[str, float | int], pd.DataFrame]:
    """Returns the metrics on recent clips, and the answers to them."""
    probabilities, seen = predictor.scores(recent)
    scored = Scored(probabilities=probabilities, seen=seen, target=recent.target, group=recent.group)
    return measure(scored, config), predictions(recent, probabilities, seen)


def predictions(samples: Samples, probabilities: NDArray[np.floating], seen: NDArray[np.float32]) -> pd.DataFrame:
    """Returns a row a sample: what it was, what was answered, how sure; the form's word where nothing was seen."""
    names = np.array(samples.class_names, dtype=object)
    safe = np.clip(probabilities.astype(float), 1e-12, 1)
    columns: dict[str, Any] = {
        "id": samples.id,
        "group": samples.group,
        "target": names[samples.target],
        "label": np.where(seen > 0, names[probabilities.argmax(1)], named(samples.form).nothing),
        "confidence": probabilities.max(1).astype(float),
        "entropy": -(safe * np.log(safe)).sum(1),
        "seen": seen.astype(float),
    }
    return pd.DataFrame(columns)


def reference(samples: Samples, parts: Split, predictor: Predictor) -> pd.DataFrame:
    """Returns what served data is later compared with: input features of train and val, answers on val and test.

    Every row says what was signed, `target`: figures and scores depend on it, and traffic has another mix of it.
    """
    names = np.array(samples.class_names, dtype=object)
    pieces = []
    for part in ("train", "val", "test"):
        chosen = samples.select(getattr(parts, part))
        frame = summarise(chosen) if part != "test" else pd.DataFrame(index=range(len(chosen)))
        if part != "train":
            frame = pd.concat(
                [frame, predictions(chosen, *predictor.scores(chosen)).drop(columns=["id", "group"])], axis=1
            )
        pieces.append(frame.assign(target=names[chosen.target], part=part, group=chosen.group))
    return pd.concat(pieces, ignore_index=True)
