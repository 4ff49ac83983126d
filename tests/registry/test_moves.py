"""Moves on a real SQLite registry: by hand, outside, and over what a kill left."""

import pytest

from pipeline.errors import InputError, RegistryError
from registry import entries, moves, versions
from registry.ledger import Entry
from registry.store import Store, open_store
from tests.registry.ledgers import aliases, make_versions, promote, roll_back, told

PASSED = ("passed", "passed", "passed")


def test_a_promotion_by_hand_is_recorded_with_who_and_why(store: Store) -> None:
    make_versions(store, "passed", "not enough evidence")
    promote(store, 2, reason="seen with my own eyes")
    assert aliases(store) == {"production": 2, "previous": 1}
    *_, last = entries.read(store, "letters")
    assert (last.number, last.before, last.after, last.who) == (2, 1, 2, "ada@desk")
    assert (last.verdict, last.reason, last.settled) == ("not enough evidence", "seen with my own eyes", True)
    assert versions.tracks(store) == ["letters"]


def test_a_refused_version_needs_an_override_with_a_reason(store: Store) -> None:
    make_versions(store, "passed", "refused")
    for options in ({}, {"override": True}, {"reason": "because"}):
        with pytest.raises(InputError, match=r"version 2 .* was refused: .*--override --reason"):
            promote(store, 2, **options)  # type: ignore[arg-type]
    promote(store, 2, override=True, reason="the gate is wrong")
    assert aliases(store)["production"] == 2
    assert len(told(store)) == 2


def test_what_is_in_production_is_not_promoted_twice(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    promote(store, 2)
    assert len(told(store)) == 2
    with pytest.raises(InputError, match="has no version 9"):
        promote(store, 9)


def test_rollbacks_go_back_step_by_step_and_end(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    promote(store, 3)
    roll_back(store)
    assert aliases(store) == {"production": 2, "previous": 1}
    roll_back(store)
    assert aliases(store) == {"production": 1}
    with pytest.raises(InputError, match="nothing to roll back to"):
        roll_back(store)


def test_a_rollback_goes_to_a_former_holder_only(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    with pytest.raises(InputError, match=r"version 3 .* was not in Production before; former: 1\."):
        roll_back(store, to=3)
    roll_back(store, to=1)
    assert aliases(store) == {"production": 1}


def test_who_comes_too_late_is_told_by_whom(store: Store) -> None:
    make_versions(store, *PASSED)
    moves.promote(store, "letters", 2, expected=1, who="ada@desk")
    with pytest.raises(RegistryError, match=r"moved from version 1 to version 2 meanwhile, by ada@desk"):
        moves.promote(store, "letters", 3, expected=1, who="bo@desk")
    assert aliases(store) == {"production": 2, "previous": 1}
    assert moves.state_of(store, "letters").superseded == {3}
    assert all(entry.settled for entry in entries.read(store, "letters"))


def test_two_who_roll_the_same_version_back_get_one_step(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    promote(store, 3)
    for who in ("ada", "bo"):
        state = moves.roll_back(store, "letters", expected=3, who=who)
        assert state.production == 2
    assert len(told(store)) == 5


def test_a_holder_of_an_alias_is_not_deleted(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    versions.point(store, "letters", "candidate", 3)
    for number, how in ((1, "previous: not deleted"), (2, "signloop models rollback"), (3, "dvc repro")):
        with pytest.raises(InputError, match=how):
            moves.delete(store, "letters", number, who="ada")
    assert len(versions.versions(store, "letters")) == 3
    assert len(told(store)) == 2


def test_a_deletion_is_recorded_and_done(store: Store) -> None:
    make_versions(store, *PASSED)
    state = moves.delete(store, "letters", 3, who="ada", reason="useless")
    assert state.gone == {3}
    assert set(state.deleted) == {"f3"}
    assert [v.number for v in versions.versions(store, "letters")] == [2, 1]
    assert told(store)[-1] == "deleted version 3, by ada"


def test_an_entry_without_its_aliases_is_rolled_forward_by_the_next_writer(store: Store) -> None:
    make_versions(store, *PASSED)
    entries.append(store, "letters", Entry(what="promoted", version=2, before=1, after=2, who="killed", settled=False))
    assert aliases(store) == {"production": 1}
    moves.delete(store, "letters", 3, who="ada")
    assert aliases(store) == {"production": 2, "previous": 1}
    assert all(entry.settled for entry in entries.read(store, "letters"))


def test_a_move_in_mlflow_itself_is_adopted_by_the_next_writer(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    open_store(store).set_registered_model_alias("letters", "production", "1")
    moves.catch_up(store, "letters")
    assert told(store)[2:] == ["moved outside: version 2 → version 1, by outside of Signloop"]
    assert aliases(store) == {"production": 1, "previous": 2}
    assert set(moves.state_of(store, "letters").held) == {2}
    moves.catch_up(store, "letters")
    assert len(told(store)) == 3


def test_an_alias_that_was_removed_and_previous_that_was_moved(store: Store) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    open_store(store).set_registered_model_alias("letters", "previous", "3")
    open_store(store).delete_registered_model_alias("letters", "production")
    moves.catch_up(store, "letters")
    assert aliases(store) == {"previous": 2}
    roll_back(store)
    assert aliases(store) == {"production": 2, "previous": 1}
    open_store(store).set_registered_model_alias("letters", "previous", "3")
    moves.catch_up(store, "letters")
    assert aliases(store) == {"production": 2, "previous": 1}
    assert "named version 3; put back to version 1" in entries.read(store, "letters")[-1].reason


@pytest.mark.parametrize(("number", "left"), [(2, {"previous": 1}), (1, {"production": 2})])
def test_a_holder_that_was_deleted_in_mlflow_itself(store: Store, number: int, left: dict[str, int]) -> None:
    make_versions(store, *PASSED)
    promote(store, 2)
    open_store(store).delete_model_version("letters", str(number))
    moves.catch_up(store, "letters")
    assert aliases(store) == left
    assert told(store)[-1] == f"deleted version {number}, by outside of Signloop"


def test_a_registry_from_before_the_ledger_is_adopted(store: Store) -> None:
    client = open_store(store)
    client.create_registered_model("letters")
    for _ in range(2):
        client.create_model_version("letters", "signloop:x", await_creation_for=0)
    moves.catch_up(store, "letters")
    assert told(store) == []
    client.set_registered_model_alias("letters", "production", "2")
    client.set_registered_model_alias("letters", "previous", "1")
    roll_back(store)
    assert told(store) == [
        "adopted: nothing → version 2, by outside of Signloop",
        "rolled back: version 2 → version 1, by ada@desk",
    ]
    assert aliases(store) == {"production": 1}
