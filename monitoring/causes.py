"""Which part of the chain a drift points to, by the columns that fired, and what to say of them. Pure.

A change seldom stays in its own columns: at half the frame rate hands seem to jump, left-handed signers stand on the
other side of the picture. So what another column explains is left out before the strongest one names the cause.
"""

import math
from collections.abc import Sequence

from monitoring.chains import POINTS, Chain, Known, Part
from monitoring.drift.report import ColumnDrift, Report

MISSING = " missing"  # after a column's name: how often clips have no value of it
SIDES = ("left", "right")


def fired(reports: Sequence[Report]) -> dict[str, ColumnDrift]:
    """Returns each column that fired in any of these windows, where it was strongest."""
    strongest: dict[str, ColumnDrift] = {}
    for column in (column for report in reports for column in report.columns if column.fired):
        if column.name not in strongest or _strength(column) > _strength(strongest[column.name]):
            strongest[column.name] = column
    return strongest


def strengths(columns: dict[str, ColumnDrift], chain: Chain = POINTS) -> dict[Part, list[ColumnDrift]]:
    """Returns by cause the columns that point to it, the strongest first; the strongest cause first.

    Scores and embeddings follow from whatever happens before them: they come last, and count where nothing else did.
    """
    found: dict[Part, list[ColumnDrift]] = {}
    rest = _unexplained(columns, chain)
    for column in sorted(rest, key=_strength, reverse=True):
        found.setdefault(_points_to(column, mirrored(columns), chain), []).append(column)
    return dict(sorted(found.items(), key=lambda item: item[0] in ("model", "unknown")))


def mirrored(columns: dict[str, ColumnDrift]) -> bool:
    """Whether one hand is seen more and the other less: the signers use the other hand, and no detector lost one."""
    sides = [columns.get(f"{side}_seen_share") for side in SIDES]
    changes = [_change(side) for side in sides if side is not None]
    return len(changes) == len(SIDES) and min(changes) < 0 < max(changes)


def words(column: ColumnDrift, chain: Chain = POINTS) -> str:
    """Says what a column is now and was in training, as: right hand seen in 61 % of frames, 94 % in training."""
    what = _what(column.name, chain)
    if column.family == "label":
        return f"other answers than in training: most often {_value(column, column.window)}, then " + (
            f"{_value(column, column.reference)}"
        )
    if column.name.endswith("seen_share"):
        return f"{what} seen in {_value(column, column.window)} of frames, {_value(column, column.reference)} in " + (
            "training"
        )
    if column.name.endswith(MISSING):
        return (
            f"no {_what(column.name.removesuffix(MISSING), chain)} in {_value(column, column.window)} of {chain.one}, "
            + (f"{_value(column, column.reference)} in training")
        )
    if column.kind == "category":
        return f"{what}: most often {_value(column, column.window)}, {_value(column, column.reference)} in training"
    return f"{what} {_value(column, column.window)}, {_value(column, column.reference)} in training"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _unexplained(columns: dict[str, ColumnDrift], chain: Chain) -> list[ColumnDrift]:
    explaining = [name for name in chain.explained if name in columns]
    explained = tuple(end for name in explaining for end in chain.explained[name])
    return [column for name, column in columns.items() if name in explaining or not name.endswith(explained or "\n")]


def _points_to(column: ColumnDrift, mirror: bool, chain: Chain) -> Part:
    if mirror and column.name.startswith(SIDES):
        return "people"
    known = _known(column.name.removesuffix(MISSING) if column.family == "input" else column.name, chain)
    return known[0] if known else chain.by_family.get(column.family, "unknown")


def _known(name: str, chain: Chain) -> Known | None:
    """Returns what is known of a column by its name, or by the longest end of it."""
    parts = name.split("_")
    return next((chain.names[end] for i in range(len(parts)) if (end := "_".join(parts[i:])) in chain.names), None)


def _what(name: str, chain: Chain) -> str:
    """Names a column as a person does, with the part of the body before it."""
    first = name.partition("_")[0]
    if name.endswith("seen_share"):
        return {"seen": "anything", "left": "left hand", "right": "right hand", "both": "both hands"}.get(first, first)
    known = _known(name, chain)
    said = known[1] if known else name
    return f"{first} {said.removesuffix(' of the hand')}" if first in SIDES else said


def _value(column: ColumnDrift, value: float | str | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"'{value}'"
    return percent(value) if column.kind == "share" else f"{value:.3g}"


def _strength(column: ColumnDrift) -> float:
    """Returns distance in thresholds, of a column that fired: one that never varies has a threshold of nothing."""
    return column.excess or math.inf


def _change(column: ColumnDrift) -> float:
    now, then = column.window, column.reference
    return now - then if isinstance(now, (int, float)) and isinstance(then, (int, float)) else 0.0
