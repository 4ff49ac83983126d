"""Counts over seeds and quiet windows, with intervals, as lines that a person reads."""

import statistics
from collections import Counter
from collections.abc import Sequence

from flows.month.looks import Detection
from flows.month.scenes import Scene

Row = tuple[str, str]


def share(hits: int, of: int) -> str:
    """Returns a share with its exact 95 % interval."""
    from scipy.stats import binomtest

    found = binomtest(hits, of).proportion_ci(method="exact")
    return f"{hits} of {of} ({100 * found.low:.1f} to {100 * found.high:.1f} %)"


def shift(scene: Scene, found: Sequence[Detection], plain: Sequence[tuple[bool, bool]]) -> list[Row]:
    """Returns what is printed of one scene: when it was found, what was said, and what Evidently's defaults say."""
    acted = [one.acted for one in found if one.acted is not None]
    fired = [one.fired for one in found if one.fired is not None]
    rows = [
        (scene.name, f"acted on in {share(len(acted), len(found))}, median after {_median(acted)} predictions"),
        ("  a report fires", f"in {share(len(fired), len(found))}, median after {_median(fired)} predictions"),
    ]
    verdicts = [one.verdict for one in found if one.verdict is not None]
    if verdicts:
        said = Counter(f"{verdict.cause} → {verdict.action}" for verdict in verdicts).most_common()
        rows.append(("  cause → action", ", ".join(f"{what} {count}×" for what, count in said)))
        rows.append(("  in words", next(v.reasons[0] for v in verdicts if said[0][0].startswith(v.cause))))
    if plain:
        rows.append(_plain(plain))
    return rows


def quiet(fired: Sequence[bool], acted: Sequence[bool], plain: Sequence[tuple[bool, bool]]) -> list[Row]:
    """Returns the false alarms."""
    rows = [
        ("quiet windows, nobody seen before", f"{share(sum(fired), len(fired))} fire"),
        ("  acted on", f"{share(sum(acted), len(acted))}"),
    ]
    return [*rows, _plain(plain)] if plain else rows


def columns(counts: Counter[str]) -> Row:
    """Returns which columns gave the false alarms."""
    return "  by column", ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


def _plain(plain: Sequence[tuple[bool, bool]]) -> Row:
    whole, some = (sum(one[i] for one in plain) for i in (0, 1))
    return (
        "  Evidently's plain defaults",
        f"drift in {share(whole, len(plain))}; a column drifts in {share(some, len(plain))}",
    )


def _median(counts: Sequence[int]) -> str:
    return f"{statistics.median(counts):.0f}" if counts else "–"
