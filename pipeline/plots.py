"""What `evaluate` leaves for people to look at: one CSV a picture, drawn by `dvc plots show`.

classes.csv groups.csv confusion.csv reliability.csv · pairs.csv (which classes are confused, and of minimal pairs in
what those differ) · map.csv (clips that are answered alike lie together) · importance.csv (which parts the answers rest
on) · moments.csv (when).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.contract import NO_HAND
from pipeline.importance import importance, moments
from pipeline.metrics import Scored, by_class, by_group, confused_pairs, reliability
from pipeline.params import Evaluate
from pipeline.predictor import Predictor
from pipeline.samples import Samples

SURE = 1e-6  # a smaller probability says nothing more


def write(
    out: Path, scored: Scored, *, test: Samples, train_clips: NDArray[np.int64], predictor: Predictor, config: Evaluate
) -> None:
    """Writes the tables; `train_clips` is how many clips of each class the model learned from."""
    names = np.array([*test.class_names, NO_HAND], dtype=object)
    classes = by_class(scored, config)
    classes["train_clips"] = train_clips[classes["k"]]
    classes.insert(0, "class", names[classes.pop("k")])
    tables = {
        "classes": classes,
        "groups": by_group(scored, config),
        "confusion": pd.DataFrame({"actual": names[scored.target], "predicted": names[scored.predicted]}),
        "pairs": named_pairs(confused_pairs(scored, config.confused_pairs), names, test.provenance),
        "reliability": reliability(scored, config.calibration_bins),
        "map": flattened(scored.probabilities).assign(**{"class": names[scored.target], "correct": scored.correct}),
        "importance": importance(predictor, test, most=config.importance_clips),
        "moments": moments(predictor, test, most=config.importance_clips),
    }
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)


def named_pairs(pairs: pd.DataFrame, names: NDArray[Any], provenance: dict[str, Any]) -> pd.DataFrame:
    """Returns the pairs by their classes' names, and where a source knows of minimal pairs, in what those differ.

    The provenance's `minimal_pairs` lists them: [one, other, parameter]. `differs_in` is empty for any other pair.
    """
    named = pairs.assign(actual=names[pairs["actual"]], predicted=names[pairs["predicted"]])
    known = provenance.get("minimal_pairs")
    if known is None:
        return named
    parameter = {frozenset((one, other)): name for one, other, name in known}
    both = zip(named["actual"], named["predicted"], strict=True)
    return named.assign(differs_in=[parameter.get(frozenset(pair), "") for pair in both])


def flattened(probabilities: NDArray[np.floating]) -> pd.DataFrame:
    """Returns x and y of each answer: its log probabilities on their two widest axes.

    The axes' signs are set so that the same answers always give the same picture.
    """
    logs = np.log(np.maximum(probabilities.astype(np.float64), SURE))
    centred = logs - logs.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    two = np.zeros((2, centred.shape[1]))
    two[: min(2, len(axes))] = axes[:2]
    two *= np.where(two[np.arange(2), np.abs(two).argmax(1)] < 0, -1.0, 1.0)[:, None]
    return pd.DataFrame((centred @ two.T).round(4), columns=pd.Index(["x", "y"]))
