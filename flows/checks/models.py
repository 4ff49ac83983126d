"""The registry: whether it answers, what is in Production, whether its files are where it says."""

from collections.abc import Iterator
from typing import Any

from flows.checks import Check, Place
from flows.layout import Layout
from pipeline import params
from pipeline.errors import InputError, RegistryError
from pipeline.files import read_json, sha256
from registry import database, relocation, verify, versions
from registry.load import load
from registry.store import Store
from registry.versions import ONNX, PRODUCTION, Version

BACKUP = "signloop restore FILE --force"


def registry(place: Place) -> Iterator[Check]:
    """Opens the registry, without making one, and looks at each track."""
    store = place.store()
    path = database.path_of(store)
    if path is not None and not path.exists():
        aside = sorted(path.parent.parent.glob(f"{path.parent.name}.before-restore-*"))
        kept = f"; a former one is kept in '{aside[-1]}'" if aside else ""
        yield Check("registry", "warning", f"no registry yet at '{path}'{kept}", "make run, or: signloop restore FILE")
        return
    names = versions.tracks(store)
    yield Check("registry", "ok", f"{store.where}: {', '.join(names) or 'no model yet'}")
    former = relocation.strangers(path, store.artifacts) if path else []
    for folder in former:
        found = f"moved or copied: its paths lead to '{folder}', its files are in '{store.artifacts}'"
        yield Check("registry", "problem", found, "signloop restore --here")
    for track in sorted({*names, *_tracks(place)}):
        yield from _track(place, store, track, moved=bool(former))


def _tracks(place: Place) -> list[str]:
    try:
        return list(params.read(place.root / "params.yaml").tracks)
    except InputError:  # reported by the check of params.yaml; the registry can be looked at all the same
        return []


def _track(place: Place, store: Store, track: str, *, moved: bool) -> Iterator[Check]:
    name, held = f"model of {track}", versions.versions(store, track)
    production = next((v for v in held if PRODUCTION in v.aliases), None)
    decision = _decision(place, track)
    yield from _story(name, track, held, production, decision)
    for finding in verify.ledger(store, track):
        yield Check(name, "warning", finding.found, finding.mend)
    lost = [] if moved else [reason for version in held if (reason := _damage(store, version))]
    for reason in lost:
        yield Check(name, "problem", reason, BACKUP)
    if production is None:
        found = f"{len(held)} version(s), none in Production" if held else "not registered yet"
        yield Check(name, "warning", found, f"signloop models list {track}" if held else f"dvc repro promote@{track}")
    elif not lost and not moved:
        loaded = load(track, version=production.number, store=store)
        yield Check(name, "ok", f"version {loaded.version} of {len(held)} is in Production and loads")


def _story(
    name: str, track: str, held: list[Version], production: Version | None, decision: dict[str, Any] | None
) -> Iterator[Check]:
    """Compares decision.json with the registry."""
    if decision is None:
        return
    again = f"dvc repro -f -s promote@{track}"
    number = decision["version"]
    judged = next((version for version in held if version.number == number), None)
    if judged is None:
        yield Check(name, "problem", f"decision.json names version {number}, the registry has no such version", again)
    elif judged.fingerprint != decision["fingerprint"]:
        found = f"decision.json and the registry both have a version {number}, of different models"
        yield Check(name, "problem", found, again)
    elif decision["production"] != (have := production.number if production else None):
        found = (
            f"decision.json left {_named(decision['production'])} in Production, the registry now has {_named(have)}"
        )
        yield Check(name, "warning", f"{found}: the alias was moved since", f"signloop models history {track}")


def _decision(place: Place, track: str) -> dict[str, Any] | None:
    path = Layout(place.root, track).decision
    return read_json(path) if path.exists() else None


def _damage(store: Store, version: Version) -> str:
    """Says what is wrong with a version's bytes; empty when they are those that were registered."""
    expected = version.tags.get("signloop.onnx_sha256")
    if store.served or expected is None:
        return ""  # a server's files would have to be fetched, another tool's version has no hash of ours
    try:
        with versions.files(store, version, ONNX) as path:
            got = sha256(path)
    except RegistryError as error:
        return str(error)
    if got == expected:
        return ""
    return f"version {version.number}: its {ONNX} was changed (expected sha256 {expected[:12]}…, got {got[:12]}…)"


def _named(number: int | None) -> str:
    return "nothing" if number is None else f"version {number}"
