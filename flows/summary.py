"""One story of a track, from the registry and from decision.json: what is in Production, what it scores, and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows import history
from flows.layout import Layout
from pipeline.files import read_json
from registry import moves, versions
from registry.ledger import named
from registry.store import Store
from registry.versions import PRODUCTION, Version

SHOWN = ("accuracy", "macro_f1", "worst_class_recall", "worst_group_accuracy", "ece", "mae", "rmse", "mse", "ssim")


def lines(store: Store, root: Path, track: str, number: int | None = None) -> Iterator[str]:
    """Yields what a person needs to know of a track; a version by number, else the one in Production.

    Raises: InputError that lists the versions when there is none of that number.
    """
    if number is not None:
        yield from _version(store, versions.named(store, track, number=number))
        return
    held = versions.find(store, track, alias=PRODUCTION)
    if held is None:
        yield f"{track}: nothing in Production"
    else:
        yield from _version(store, held)
    parted = lost(store, root, track)
    yield from parted
    last = _decision(root, track)
    if last and not parted and (not held or last["version"] != held.number):
        yield f"  last candidate: version {last['version']}, {last['status']}"
        yield from (f"    {reason}" for reason in last["reasons"])


def holder(store: Store, track: str) -> Iterator[str]:
    """Yields in two lines which version answers now, and since when."""
    held = versions.find(store, track, alias=PRODUCTION)
    yield f"{track}: {named(held.number if held else None)} in Production"
    if held:
        yield from _since(store, held)


def _since(store: Store, held: Version) -> Iterator[str]:
    """Says by which entry of the ledger a version is in Production, and who took another out that is held."""
    state = moves.state_of(store, held.track)
    if state.since is None or state.production != held.number:
        yield f"  since when is not recorded: signloop models verify {held.track}"
        return
    yield f"  since {history.local(state.since.when)}, {history.in_words(state.since)}"
    for number, entry in sorted(state.held.items()):
        yield f"  version {number} is held: {history.in_words(entry)}, {history.local(entry.when)}"


def lost(store: Store, root: Path, track: str) -> list[str]:
    """Says that decision.json names a version which the registry lacks or has of another model, and what mends it."""
    last = _decision(root, track)
    judged = versions.find(store, track, number=last["version"]) if last else None
    if last is None or (judged and judged.fingerprint == last["fingerprint"]):
        return []
    what = "has as another model" if judged else "lacks"
    return [
        f"  decision.json names version {last['version']}, which the registry at {store.where} {what}.",
        f"  Mend it: dvc repro -f -s promote@{track}",
    ]


def next_steps(track: str) -> list[tuple[str, str]]:
    """Returns three commands worth typing after the first run."""
    return [
        (f"signloop predict {track} artifacts/{track}/samples.h5", "answers of the model in Production"),
        ("dvc plots show --open", "curves, confusion, recall by class; works offline"),
        ("signloop use examples/letters_tables.yaml && dvc repro", "the same on recorded hands: your own tables"),
    ]


def _version(store: Store, version: Version) -> Iterator[str]:
    names = f" [{', '.join(version.aliases)}]" if version.aliases else ""
    commit = version.tags.get("signloop.git_commit", "")[:10] or "no commit"
    dirty = " with uncommitted changes" if version.tags.get("signloop.git_dirty") == "true" else ""
    yield f"{version.track}: version {version.number}{names}, from {commit}{dirty}"
    if PRODUCTION in version.aliases:
        yield from _since(store, version)
    if version.tags.get("signloop.synthetic") == "true":
        yield "  measured on synthetic data"
    figures = {name: version.tags.get(f"metric.{name}") for name in SHOWN}
    yield "  " + "   ".join(f"{name} {float(value):.3f}" for name, value in figures.items() if value)
    yield from _certainty(version)
    decision: dict[str, Any] = version.decision or {"status": "registered by another tool", "reasons": []}
    yield f"  {decision['status']}:"
    yield from (f"    {reason}" for reason in decision["reasons"])


def _certainty(version: Version) -> Iterator[str]:
    """Says how probabilities are made, where the version was registered with that."""
    if version.calibration is None:
        return
    yield f"  {version.calibration.in_words()}"
    before, after = (version.tags.get(f"metric.{name}") for name in ("ece_uncalibrated", "ece"))
    if version.calibration.threshold is not None and before and after:
        yield f"  ece on the test clips: {float(before):.3f} as the model answers, {float(after):.3f} as is served"


def _decision(root: Path, track: str) -> dict[str, Any] | None:
    path = Layout(root, track).decision
    return read_json(path) if path.exists() else None
