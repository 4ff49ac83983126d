"""What the registry says of a track: who answers, since when and why, who waits, and all that happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from registry.ledger import Entry, State, replay
from registry.versions import CANDIDATE, PRODUCTION, Version

NEWEST = 40  # entries that are shown one by one; the timeline has all
METRICS = "metric."
FIGURES = (
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "top3_accuracy",
    "macro_f1",
    "worst_class_recall",
    "worst_class_recall_low",
    "worst_group_accuracy",
    "worst_group_accuracy_low",
    "ece",
    "mae",
    "rmse",
    "mse",
    "ssim",
)


def holding(there: Sequence[Version], alias: str) -> Version | None:
    return next((version for version in there if alias in version.aliases), None)


def registered(told: Sequence[Entry], there: Sequence[Version]) -> dict[str, Any]:
    """Returns it as JSON has it; `production` is None where nothing answers."""
    state = replay(told)
    answering, waiting = holding(there, PRODUCTION), holding(there, CANDIDATE)
    return {
        "production": _answering(answering, state) if answering else None,
        "candidate": version(waiting) if waiting else None,
        "previous": state.previous,
        "versions": len(there),
        "moves": list(_moves(told, state)),
        "entries": len(told),
        "ledger": [_entry(entry, state) for entry in reversed(told[-NEWEST:])],
    }


def version(found: Version) -> dict[str, Any]:
    """Says what a version is, and what the gates said of it."""
    tags, decision = found.tags, found.decision or {}
    return {
        "version": found.number,
        "architecture": tags.get("signloop.architecture", ""),
        "precision": tags.get("signloop.precision", ""),
        "synthetic": tags.get("signloop.synthetic") == "true",
        "learned_groups": _number(tags.get("signloop.learned_groups")),
        "commit": tags.get("signloop.git_commit", "")[:10],
        "dirty": tags.get("signloop.git_dirty") == "true",
        "metrics": {name: _number(tags.get(METRICS + name)) for name in FIGURES},
        "status": tags.get("signloop.status", ""),
        "held": bool(decision.get("held")),
        "reasons": list(decision.get("reasons", ())),
        "checks": list(decision.get("checks", ())),
        "comparison": decision.get("comparison"),
        "decisions_before": decision.get("decisions_before"),
        "evaluation": tags.get("signloop.evaluation_sha256", ""),
    }


def _answering(found: Version, state: State) -> dict[str, Any]:
    """Says since when and by whom; an alias that was moved in MLflow itself is not in the ledger yet."""
    since = state.since if state.production == found.number else None
    return {
        **version(found),
        "since": since.when.isoformat() if since else None,
        "by": since.who if since else "",
        "what": since.what if since else "",
        "why": since.reason if since else "",
    }


def _moves(told: Sequence[Entry], state: State) -> Iterator[dict[str, Any]]:
    """Yields from when on which version answered, the first one first."""
    holder: int | None = None
    for entry in told:
        if entry.number in state.superseded or not (entry.moves or entry.what in ("adopted", "deleted")):
            continue
        after = entry.after
        if entry.what == "deleted":
            after = None if entry.version == holder else holder
        if after != holder:
            holder = after
            yield {"when": _time(entry.when), "version": after, "what": entry.what, "by": entry.who}


def _entry(entry: Entry, state: State) -> dict[str, Any]:
    return {
        "number": entry.number,
        "when": _time(entry.when),
        "what": entry.what,
        "version": entry.version,
        "before": entry.before,
        "after": entry.after,
        "by": entry.who,
        "verdict": entry.verdict,
        "why": entry.reason,
        "superseded": entry.number in state.superseded,
        "settled": entry.settled,
    }


def _time(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
