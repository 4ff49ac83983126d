"""What `evaluate` leaves for people to look at: tables that `dvc plots show` draws, and two pictures.

classes.csv groups.csv confusion.csv reliability.csv · pairs.csv (which classes are confused, and of minimal pairs in
what those differ) · map.csv (clips that are answered alike lie together) · importance.csv (which parts the answers rest
on) and importance.png (these on a sample) · moments.csv (when) and moments.png (this under the frames of some clips).
Pictures say what hiding costs the file that will be served, which tells neither attention nor gradients; what weights
look at is shown by `signloop show --attention`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.form import form as named
from pipeline.importance import TENTHS, Moments, by_place, importance, moments
from pipeline.metrics import Scored, by_class, by_group, confused_pairs, reliability
from pipeline.params import Evaluate
from pipeline.pictures import answers, sheet, strip
from pipeline.predictor import Predictor
from pipeline.samples import Samples

SURE = 1e-6  # a smaller probability says nothing more
SHOWN = 8  # clips whose tenths are drawn


def write(
    out: Path, scored: Scored, *, test: Samples, train_clips: NDArray[np.int64], predictor: Predictor, config: Evaluate
) -> None:
    """Writes tables and pictures; `train_clips` is how many clips of each class the model learned from."""
    names = np.array([*test.class_names, named(test.form).nothing], dtype=object)
    classes = by_class(scored, config)
    classes["train_clips"] = train_clips[classes["k"]]
    classes.insert(0, "class", names[classes.pop("k")])
    parts = importance(predictor, test, most=config.importance_clips)
    tenths = moments(predictor, test, most=config.importance_clips)
    tables = {
        "classes": classes,
        "groups": by_group(scored, config),
        "confusion": pd.DataFrame({"actual": names[scored.target], "predicted": names[scored.predicted]}),
        "pairs": named_pairs(confused_pairs(scored, config.confused_pairs), names, test.provenance),
        "reliability": reliability(scored, config.calibration_bins),
        "map": flattened(scored.probabilities).assign(**{"class": names[scored.target], "correct": scored.correct}),
        "importance": parts,
        "moments": tenths.table,
    }
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
    answers.importance(out / "importance.png", test, by_place(parts, test), captions(parts))
    answers.moments(out / "moments.png", tenths.samples, rows(tenths))


def captions(parts: pd.DataFrame) -> list[str]:
    """Says what is lost most, and what without each of two hands, which the picture has at their wrists."""
    drop = dict(zip(parts["part"], parts["drop"], strict=True))
    hands = [
        f"without the {hand}, at its wrist: {drop[hand]:.2f}" for hand in ("left hand", "right hand") if hand in drop
    ]
    return [f"less certain by {parts['drop'].iloc[0]:.2f} without: {parts['part'].iloc[0]}", *hands]


def rows(asked: Moments) -> list[strip.Row]:
    """Returns a clip of each of some classes, the one that loses most, by the middles of its tenths."""
    length, target, lost = asked.samples.lengths, asked.samples.target, asked.drops.max(1, initial=-1.0)
    classes = np.unique(target)
    shown = classes[sheet.spread(len(classes), SHOWN)]
    chosen = [int(np.flatnonzero(target == k)[lost[target == k].argmax()]) for k in shown]
    return [
        strip.Row(
            clip=i,
            frames=(length[i] * (2 * np.arange(TENTHS) + 1) // (2 * TENTHS)).tolist(),
            weights=asked.drops[i],
            said=f"less certain by {lost[i]:.2f} at most",
        )
        for i in chosen
    ]


def named_pairs(pairs: pd.DataFrame, names: NDArray[Any], provenance: dict[str, Any]) -> pd.DataFrame:
    """Returns the pairs by their classes' names, and where a source knows of minimal pairs, in what those differ.

    The provenance's `minimal_pairs` lists them: [one, other, parameter]. `differs_in` is empty for any other pair.
    """
    told = pairs.assign(actual=names[pairs["actual"]], predicted=names[pairs["predicted"]])
    known = provenance.get("minimal_pairs")
    if known is None:
        return told
    parameter = {frozenset((one, other)): name for one, other, name in known}
    both = zip(told["actual"], told["predicted"], strict=True)
    return told.assign(differs_in=[parameter.get(frozenset(pair), "") for pair in both])


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
