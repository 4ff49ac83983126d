"""The ledger says what called for a retraining, beside who moved Production."""

from pathlib import Path

from registry import entries
from registry.store import Store
from tests.registry.factories import make_track, never


def test_the_cause_is_told_with_who_moved_production_and_changes_no_decision(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    record = track.promote(store, called_by="drift: hands are smaller")
    (entry,) = entries.read(store, "letters")
    assert str(entry) == "promoted: nothing → version 1, by promote stage, for drift: hands are smaller"
    assert track.promote(store, called_by="a schedule") == record
    assert len(entries.read(store, "letters")) == 1
