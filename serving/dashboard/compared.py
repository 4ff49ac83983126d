"""Two versions on the clips that both were tested on, as `signloop models compare` has it, for the page."""

from dataclasses import asdict
from typing import Any

from registry.comparison import Difference, compare
from registry.store import Store
from registry.versions import Version

MOST = 40  # classes, and groups, that are shown: the furthest apart


def compared(store: Store, candidate: Version, against: Version) -> dict[str, Any]:
    """Returns the paired differences, over all, by class and by group, the most lost first."""
    found = compare(store, candidate, against)
    return {
        "candidate": found.candidate,
        "against": found.against,
        "whole": _difference(found.whole),
        "classes": _furthest(found.classes),
        "groups": _furthest(found.groups),
        "num_classes": len(found.classes),
        "num_groups": len(found.groups),
        "notes": list(found.notes),
    }


def _furthest(found: tuple[Difference, ...]) -> list[dict[str, Any]]:
    apart = sorted(found, key=lambda one: (-abs(one.difference), one.name))[:MOST]
    return [_difference(one) for one in sorted(apart, key=lambda one: (one.difference, one.name))]


def _difference(one: Difference) -> dict[str, Any]:
    return {**asdict(one), "difference": one.difference}
