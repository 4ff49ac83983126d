"""A decision as the registry keeps it: in a version's files for people, in its tags to be found again by its key."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.files import write_json, write_text
from registry import versions
from registry.candidate import Candidate
from registry.card import card
from registry.store import Store
from registry.versions import DECISION, EXTRAS, Version

JUDGEMENTS = "signloop.judgements"  # keys of the decisions that a version's test set was used for


def known(incumbent: Version | None, key: str, fingerprints: list[str]) -> dict[str, Any] | None:
    """Returns the decision by which these very candidates, under these gates, put a version into Production."""
    if incumbent is None or incumbent.fingerprint not in fingerprints:
        return None
    record = json.loads(incumbent.tags.get(f"{DECISION}.{key}", "null"))
    return record if record and record["production"] == incumbent.number else None


def write(store: Store, version: Version, chosen: Candidate, record: dict[str, Any]) -> None:
    """Writes decision and card into a version's files."""
    with TemporaryDirectory() as folder:
        write_json(Path(folder) / EXTRAS / "decision.json", record)
        write_text(Path(folder) / EXTRAS / "card.md", card(chosen, record))
        versions.replace_extras(store, version, Path(folder) / EXTRAS)


def tags(record: dict[str, Any]) -> dict[str, str]:
    """The decision as tags: for people, whole, and by its key, to be found again when parameters are put back."""
    whole = json.dumps(record, sort_keys=True, ensure_ascii=False)
    words = {"signloop.status": record["status"], "signloop.reasons": "\n".join(record["reasons"])}
    return {**words, DECISION: whole, f"{DECISION}.{record['judgement']}": whole}


def judgements(store: Store, track: str, test_set: str) -> set[str]:
    """Returns all decisions that were made on this test set."""
    own = [v for v in versions.versions(store, track) if v.tags.get("signloop.test_set") == test_set]
    return {key for version in own for key in version.tags.get(JUDGEMENTS, "").split(",") if key}
