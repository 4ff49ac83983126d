"""What the stage `promote` writes into the ledger, and what keeps it from promoting by itself."""

from pathlib import Path

import pytest

from pipeline.params import Gates, Rule
from registry import entries, moves, versions
from registry.lineage import Lineage
from registry.store import Store
from tests.registry.factories import Artifacts, every, make_track, never
from tests.registry.ledgers import aliases, promote, roll_back, told
from tests.registry.test_promote import PAIRED, good_and_worse

FLOORS = {"accuracy": Rule(min=0.5), "against_production": None}
DIRTY = Lineage(commit="c0ffee", diff="--- a\n+++ b\n", lock_sha256="1" * 64)


@pytest.fixture
def two(store: Store, tmp_path: Path) -> tuple[Artifacts, Artifacts]:
    """Versions 1 and 2, the better one in Production."""
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    good.promote(store, PAIRED)
    return good, worse


def test_every_decision_is_an_entry_once(store: Store, two: tuple[Artifacts, Artifacts]) -> None:
    good, worse = two
    for _ in range(2):
        worse.promote(store, PAIRED)
        good.promote(store, PAIRED)
    assert told(store) == [
        "promoted: nothing → version 1, by promote stage",
        "promoted: version 1 → version 2, by promote stage",
        "judged version 1: refused, by promote stage",
    ]
    first, second, refused = entries.read(store, "letters")
    assert (first.reason, first.verdict) == ("nothing is in Production yet: only the floors were judged", "passed")
    assert second.reason.startswith("against version 1: +20.0 points")
    assert refused.reason.endswith(": refused")
    assert refused.judgement == f"{versions.named(store, 'letters', number=1).decision['judgement']}@2"  # type: ignore[index]


def test_what_a_person_rolled_back_is_not_promoted_by_itself(store: Store, two: tuple[Artifacts, Artifacts]) -> None:
    good, _ = two
    roll_back(store, reason="people complained")
    for _ in range(2):
        record = good.promote(store, PAIRED)
        assert (record["status"], record["held"], record["production"]) == ("passed", True, 1)
        assert record["reasons"][-1] == (
            "version 2 was taken out of Production (entry 3 of the ledger) and is not promoted again by itself: "
            "signloop models promote letters 2"
        )
    assert told(store)[2:] == [
        "rolled back: version 2 → version 1, by ada@desk",
        "judged version 2: passed, by promote stage",
    ]
    promote(store, 2)
    assert aliases(store) == {"candidate": 2, "production": 2, "previous": 1}
    record = good.promote(store, PAIRED)
    assert (record["production"], record["held"]) == (2, False)
    assert record == good.promote(store, PAIRED)


def test_what_a_person_deleted_is_not_promoted_by_itself(store: Store, two: tuple[Artifacts, Artifacts]) -> None:
    _, worse = two
    floors = Gates(**FLOORS)
    three = make_track(worse.folder.parent / "three", misses={"fp32": never}, model=2)
    three.promote(store, floors)
    assert aliases(store) == {"candidate": 3, "production": 3, "previous": 2}
    moves.delete(store, "letters", 1, who="ada")
    record = worse.promote(store, floors)
    assert (record["version"], record["held"], record["production"]) == (4, True, 3)
    assert "was deleted as version 1 (entry 4 of the ledger)" in record["reasons"][-1]
    with versions.files(store, versions.named(store, "letters", number=4)) as folder:
        assert (folder / "signloop/manifest.json").exists()
    promote(store, 4)
    assert worse.promote(store, floors)["production"] == 4


def test_manual_promotion_awaits_a_person(store: Store, tmp_path: Path) -> None:
    track = make_track(tmp_path / "a", misses={"fp32": never})
    record = track.promote(store, Gates(**FLOORS, promotion="manual"))
    assert (record["status"], record["production"]) == ("passed", None)
    assert record["reasons"][-1].endswith("awaits a person: signloop models promote letters 1")
    assert aliases(store) == {"candidate": 1}
    assert told(store) == ["judged version 1: passed, by promote stage"]
    promote(store, 1)
    again = track.promote(store, Gates(**FLOORS, promotion="manual"))
    assert again["production"] == 1
    assert again["decisions_before"] == 1  # judged against nothing, and then as what is in Production


def test_uncommitted_code_is_not_promoted_where_that_is_asked_for(store: Store, tmp_path: Path) -> None:
    track, strict = make_track(tmp_path / "a", misses={"fp32": never}), Gates(**FLOORS, allow_dirty=False)
    record = track.promote(store, strict, lineage=DIRTY)
    assert (record["status"], record["production"]) == ("passed", None)
    assert record["reasons"][-1].endswith("commit, then dvc repro -f -s promote@letters")
    record = track.promote(store, strict)
    assert (record["version"], record["production"]) == (1, 1)
    found = versions.named(store, "letters")
    assert (found.tags["signloop.git_dirty"], found.tags["signloop.diff_sha256"]) == ("false", "")
    assert make_track(tmp_path / "b", misses={"fp32": every(9)}, model=1).promote(
        store, Gates(**FLOORS), lineage=DIRTY
    )["production"]


def test_an_experiment_writes_nothing_into_the_ledger(store: Store, two: tuple[Artifacts, Artifacts]) -> None:
    before = told(store)
    two[1].promote(store, Gates(**FLOORS), move_alias=False)
    assert told(store) == before


def test_a_candidate_is_judged_again_where_another_was_promoted_meanwhile(
    store: Store, two: tuple[Artifacts, Artifacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host promotes version 1 right before this one's entry: no lock is between two machines."""
    from mlflow import MlflowClient

    good, _ = two
    roll_back(store)
    promote(store, 2)
    roll_back(store)
    promote(store, 2)
    third = make_track(good.folder.parent / "third", misses={"fp32": never}, model=2, others={0: never, 1: every(5)})
    make, elsewhere = MlflowClient.create_model_version, Store(store.tracking_uri, good.folder / "host/artifacts")

    def overtaken(self: MlflowClient, name: str, *arguments: object, **named: object) -> object:
        if name == "letters.ledger":
            monkeypatch.setattr(MlflowClient, "create_model_version", make)
            moves.promote(elsewhere, "letters", 1, expected=2, who="the other", override=True, reason="first")
        return make(self, name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(MlflowClient, "create_model_version", overtaken)
    record = third.promote(store, PAIRED)
    assert (record["version"], record["incumbent"], record["production"]) == (3, 1, 3)
    *_, other, late, won = entries.read(store, "letters")
    assert [(e.before, e.after) for e in (other, late, won)] == [(2, 1), (2, 3), (1, 3)]
    assert moves.state_of(store, "letters").superseded == {late.number}
    assert aliases(store) == {"candidate": 3, "production": 3, "previous": 1}
    assert versions.named(store, "letters").decision == record
