"""Whether a registry is what it says: every file by its hash, the ledger without a gap, the aliases as it left them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RegistryError
from registry import entries, manifest, moves, versions
from registry.candidate import digest_of_evaluation, digest_of_params
from registry.ledger import OUTSIDE, Entry, State, named, replay
from registry.store import Store
from registry.versions import DECISION, EXTRAS, ONNX, Version

BACKUP = "signloop restore FILE --force"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and what to type."""

    found: str
    mend: str


def verify(store: Store, track: str) -> Iterator[Finding]:
    """Yields all findings about a track; none when all is well."""
    for version in versions.versions(store, track):
        yield from files(store, version)
    yield from ledger(store, track)


def files(store: Store, version: Version) -> Iterator[Finding]:
    """Recomputes the hashes of a version's files; another tool's version states none."""
    head = f"version {version.number}"
    try:
        with versions.files(store, version) as folder:
            again = f"dvc repro -f -s promote@{version.track}"
            for found in [*_stated(version, folder), *_listed(store, version, folder)]:
                yield Finding(f"{head}: {found}", BACKUP)
            for found in _judged(version, folder):
                yield Finding(f"{head}: {found}", again)
    except RegistryError as error:
        if version.source.startswith("models:/m-"):  # else it never had any files of ours
            yield Finding(str(error), BACKUP)


def _stated(version: Version, folder: Path) -> Iterator[str]:
    """What the tags say of single files."""
    tags = version.tags
    for tag, name in (("signloop.onnx_sha256", ONNX), ("signloop.model_sha256", f"{EXTRAS}/model.safetensors")):
        if expected := tags.get(tag):
            yield from manifest.differences(folder, {name: expected})
    params = folder / EXTRAS / "params.json"
    if (expected := tags.get("signloop.params_sha256")) and params.is_file():
        made_with = _json(params)
        if digest_of_params(made_with) != expected:
            yield f"{EXTRAS}/params.json does not say what the version was made with"


def _listed(store: Store, version: Version, folder: Path) -> Iterator[str]:
    """What the version's own list says of all its files, and the tag of that list."""
    if manifest.SHA256 not in version.tags:
        return
    name = f"{EXTRAS}/{manifest.MANIFEST}"
    damaged = manifest.differences(folder, {name: version.tags[manifest.SHA256]})
    yield from damaged
    stated = {ONNX, f"{EXTRAS}/model.safetensors"}
    if not damaged:
        listed = manifest.of(store, version)
        yield from manifest.differences(folder, {file: h for file, h in listed.items() if file not in stated})


def _judged(version: Version, folder: Path) -> Iterator[str]:
    """What is written anew with each judgement: figures and decision."""
    metrics, decision = folder / EXTRAS / "metrics.json", folder / EXTRAS / "decision.json"
    expected = version.tags.get("signloop.evaluation_sha256")
    if expected and metrics.is_file() and digest_of_evaluation(_json(metrics), version.calibration) != expected:
        yield f"{EXTRAS}/metrics.json is not the evaluation that was judged"
    if DECISION in version.tags:
        if not decision.is_file():
            yield f"{EXTRAS}/decision.json is missing"
        elif _json(decision) != version.decision:
            yield f"{EXTRAS}/decision.json and the decision in its tags differ"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def ledger(store: Store, track: str) -> Iterator[Finding]:
    """Compares the ledger with itself, with the aliases, and with which versions there are."""
    told, there = moves.look(store, track)
    state = replay(told)
    adopt = f"signloop models verify {track} --adopt"
    numbers = {entry.number for entry in told}
    for number in sorted(set(range(1, max(numbers, default=0) + 1)) - numbers):
        yield Finding(f"entry {number} of the ledger was deleted", BACKUP)
    for entry in told:
        if not entry.who:
            yield Finding(f"entry {entry.number} of the ledger was not written by Signloop", BACKUP)
    if unsettled := [entry for entry in told if not entry.settled]:
        yield Finding(f"entry {unsettled[0].number} ({unsettled[0]}) was begun and not finished", adopt)
        return
    for entry in moves.outside(state, there, begun=bool(told)):
        if entry.what == "adopted":
            yield Finding(f"{named(entry.after)} is in Production and no ledger says since when", adopt)
        elif entry.what == "deleted":
            yield Finding(f"version {entry.version} was in Production once and was deleted outside", adopt)
        elif entry.moves:
            back = f"signloop models rollback {track} --to {state.production}" if state.production else ""
            mend = f"{adopt}, to leave it there" + (f"; or back again: {back}" if back else "")
            yield Finding(f"Production was moved outside from {named(entry.before)} to {named(entry.after)}", mend)
        else:
            yield Finding(entry.reason.partition(";")[0], adopt)
    for number in _lost(state, there):
        yield Finding(f"version {number} was deleted outside: the ledger does not know why", adopt)
    for number in sorted(state.gone & {version.number for version in there}):
        yield Finding(
            f"version {number} is recorded as deleted and still there", f"signloop models delete {track} {number}"
        )


def adopt(store: Store, track: str) -> None:
    """Finishes what was begun, and records what was done outside as it is."""
    with store.lock(f"promote-{track}"):
        state = moves.catch_up(store, track)
        for number in _lost(state, versions.versions(store, track)):
            why = "MLflow no longer has it"
            held = state.production
            entry = Entry(what="deleted", version=number, before=held, after=held, who=OUTSIDE, reason=why)
            entries.append(store, track, entry)


def _lost(state: State, there: list[Version]) -> list[int]:
    """Returns numbers that MLflow gave away, and that neither it nor the ledger accounts for."""
    have = {version.number for version in there}
    once = {number for number in state.holders if number is not None}  # told apart: Production is concerned
    return sorted(set(range(1, max(have, default=0) + 1)) - have - state.gone - once)
