"""How a version answered its test clips: recall of each class, which is taken for which, accuracy of each group.

Of many classes or groups the worst are shown, and it is said of how many.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pipeline import contract as contracts
from pipeline.contract import NOTHING
from pipeline.errors import InputError

MOST_CLASSES = 40
MOST_GROUPS = 40
MOST_PAIRS = 12
CONFIDENCE = 0.95
Names = NDArray[np.str_]


def evaluated(extras: Path) -> dict[str, Any]:
    """Reads the files that travel with a version.

    Raises: InputError for one that answers with numbers.
    """
    file = extras / "contract.json"
    names = list(contracts.loads(file.read_text(encoding="utf-8"), str(file)).class_names)
    if not names:
        raise InputError("this version answers with numbers, no class: none is right or wrong, or taken for another.")
    answers = pd.read_parquet(extras / "predictions.parquet", columns=["target", "label", "group"])
    target, label, group = (answers[name].to_numpy(str) for name in ("target", "label", "group"))
    provenance = extras / "provenance.json"
    told = json.loads(provenance.read_text(encoding="utf-8")) if provenance.exists() else {}
    figures = figures_of(target, label, group, names)
    return {**figures, "synthetic": bool(told.get("synthetic")), "source": told.get("source", "")}


def figures_of(target: Names, label: Names, group: Names, names: list[str]) -> dict[str, Any]:
    """Returns what the page draws of clips [N]: what each was, what was answered, and whose it is."""
    right = label == target
    classes, groups = _by(target, right), _by(group, right)
    worst = {one["name"] for one in classes[:MOST_CLASSES]}
    shown = [name for name in names if name in worst]  # in the contract's order, which people know
    people = [one["name"] for one in groups[:MOST_GROUPS]]
    answered = [*shown, *(word for word in NOTHING if word in label)]
    clips, hits = _counts(group, target, people, shown), _counts(group[right], target[right], people, shown)
    return {
        "clips": len(target),
        "classes": classes,
        "groups": groups,
        "confusion": {"rows": shown, "columns": answered, "clips": _counts(target, label, shown, answered).tolist()},
        "by_group": {"rows": people, "columns": shown, "clips": clips.tolist(), "shares": _shares(hits, clips)},
        "pairs": _pairs(target, label),
    }


def _by(names: Names, right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Returns the share that is right by name, the worst first, with its interval (Wilson's)."""
    clips, hits = Counter(names.tolist()), Counter(names[right].tolist())
    found = []
    for name, many in clips.items():
        low, high = stats.binomtest(hits[name], many).proportion_ci(CONFIDENCE, method="wilson")
        share = hits[name] / many
        found.append({"name": name, "clips": many, "share": share, "low": float(low), "high": float(high)})
    return sorted(found, key=lambda one: (one["share"], one["name"]))


def _counts(first: Names, second: Names, rows: list[str], columns: list[str]) -> NDArray[np.int64]:
    """Returns how many clips there are of each row's and column's name."""
    counted = Counter(zip(first.tolist(), second.tolist(), strict=True))
    return np.array([[counted[row, column] for column in columns] for row in rows], np.int64)


def _shares(hits: NDArray[np.int64], clips: NDArray[np.int64]) -> list[list[float | None]]:
    """Returns hits among clips; None where there is no clip."""
    rows = zip(hits.tolist(), clips.tolist(), strict=True)
    return [[h / c if c else None for h, c in zip(own, all_, strict=True)] for own, all_ in rows]


def _pairs(target: Names, label: Names) -> list[dict[str, Any]]:
    """Returns which class was taken for which, the most frequent first."""
    of, clips = Counter(zip(target.tolist(), label.tolist(), strict=True)), Counter(target.tolist())
    wrong = sorted(((pair, n) for pair, n in of.items() if pair[0] != pair[1]), key=lambda one: (-one[1], one[0]))
    return [
        {"actual": actual, "said": said, "clips": many, "share": many / clips[actual]}
        for (actual, said), many in wrong[:MOST_PAIRS]
    ]
