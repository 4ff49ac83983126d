"""What keeps a version that passed its gates from being promoted by itself; a person's `promote` overrules it."""

from pipeline.params import Gates
from registry.ledger import State
from registry.versions import Version


def hold(version: Version, state: State, gates: Gates, *, dirty: bool) -> str:
    """Returns why the version awaits a person and what to type, in words; empty where nothing holds it.

    Who rolled it back, when and why is in the ledger: these words go to decision.json, which DVC locks.
    """
    by_hand = f"signloop models promote {version.track} {version.number}"
    if entry := state.held.get(version.number):
        return (
            f"version {version.number} was taken out of Production (entry {entry.number} of the ledger) and is not "
            f"promoted again by itself: {by_hand}"
        )
    if entry := state.deleted.get(version.fingerprint):
        return (
            f"this very model was deleted as version {entry.version} (entry {entry.number} of the ledger) and is not "
            f"promoted again by itself: {by_hand}"
        )
    if dirty and not gates.allow_dirty:
        return (
            "the working tree has uncommitted changes and gates.allow_dirty is false: commit, then "
            f"dvc repro -f -s promote@{version.track}"
        )
    if gates.promotion == "manual":
        return f"gates.promotion is manual, awaits a person: {by_hand}"
    return ""
