"""Tracks whose versions have names and verdicts and no bytes: what the ledger needs, in milliseconds."""

from registry import entries, moves, versions
from registry.ledger import Entry
from registry.store import Store, open_store
from registry.versions import FINGERPRINT


def make_versions(store: Store, *statuses: str, track: str = "letters") -> None:
    """Registers a version a status, the first one in Production by a promotion of the stage."""
    client = open_store(store)
    client.create_registered_model(track)
    for number, status in enumerate(statuses, start=1):
        tags = {FINGERPRINT: f"f{number}", "signloop.status": status}
        client.create_model_version(track, f"signloop:{number}", tags=tags, await_creation_for=0)
    first = Entry(
        what="promoted", version=1, before=None, after=1, who="promote stage", fingerprint="f1", settled=False
    )
    moves.move(store, track, first)


def aliases(store: Store, track: str = "letters") -> dict[str, int]:
    return {alias: v.number for v in versions.versions(store, track) for alias in v.aliases}


def told(store: Store, track: str = "letters") -> list[str]:
    """Returns the ledger's lines."""
    return [str(entry) for entry in entries.read(store, track)]


def promote(store: Store, number: int, *, reason: str = "", override: bool = False, who: str = "ada@desk") -> None:
    seen = moves.seen(store, "letters")
    moves.promote(store, "letters", number, expected=seen, who=who, reason=reason, override=override)


def roll_back(store: Store, *, to: int | None = None, reason: str = "", who: str = "ada@desk") -> None:
    moves.roll_back(store, "letters", expected=moves.seen(store, "letters"), to=to, who=who, reason=reason)
