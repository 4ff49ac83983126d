"""Entries written by hand, and what they amount to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry.ledger import OUTSIDE, Entry, State, is_ledger, ledger_of, replay, until


def entry(what: str, before: int | None, after: int | None, **others: object) -> Entry:
    version = {"version": before if what == "rolled back" else after}
    return Entry(what=what, before=before, after=after, who="ada", **version | others)  # type: ignore[arg-type]


def promoted(before: int | None, after: int, **others: object) -> Entry:
    return entry("promoted", before, after, **others)


def back(before: int | None, after: int, **others: object) -> Entry:
    return entry("rolled back", before, after, **others)


def moved(before: int | None, after: int | None, **others: object) -> Entry:
    return entry("moved outside", before, after, **others)


def deleted(number: int, holder: int | None, *, outside: bool = False, after: int | None = None) -> Entry:
    made = entry("deleted", holder, None if after == 0 else holder, version=number, fingerprint=f"f{number}")
    return replace(made, who=OUTSIDE) if outside else made


def played(*entries: Entry) -> State:
    return replay(replace(entry, number=number) for number, entry in enumerate(entries, start=1))


@pytest.mark.parametrize(
    ("entries", "production", "previous"),
    [
        ([], None, None),
        ([promoted(None, 1)], 1, None),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3)], 3, 2),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 1)], 1, 2),
        ([promoted(None, 1), promoted(1, 2), back(2, 1)], 1, None),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3), back(3, 2)], 2, 1),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3), back(3, 2), back(2, 1)], 1, None),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3), back(3, 1)], 1, None),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 1), promoted(1, 3), back(3, 1)], 1, 2),
        ([promoted(None, 1), promoted(1, 2), entry("judged", 2, 2, version=3)], 2, 1),
        ([entry("adopted", None, 4, previous=3)], 4, 3),
        ([entry("adopted", None, 4, previous=3), back(4, 3)], 3, None),
        ([promoted(None, 1), promoted(1, 2), moved(2, 5)], 5, 2),
        ([promoted(None, 1), promoted(1, 2), moved(2, None)], None, 2),
        ([promoted(None, 1), promoted(1, 2), moved(2, None), back(None, 2)], 2, 1),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3), deleted(1, 3)], 3, 2),
        ([promoted(None, 1), promoted(1, 2), promoted(2, 3), deleted(2, 3, outside=True)], 3, 1),
        ([promoted(None, 1), promoted(1, 2), deleted(2, 2, outside=True, after=0)], None, 1),
    ],
)
def test_production_and_what_a_rollback_brings_back(
    entries: list[Entry], production: int | None, previous: int | None
) -> None:
    state = played(*entries)
    assert (state.production, state.previous) == (production, previous)
    assert state.superseded == set()


def test_of_moves_made_at_once_the_first_number_counts() -> None:
    state = played(promoted(None, 1), promoted(1, 2), promoted(1, 3), back(1, 3), promoted(1, 2), promoted(2, 4))
    assert (state.production, state.previous, state.superseded) == (4, 2, {3, 4, 5})
    assert state.since is not None
    assert state.since.number == 6


def test_a_request_that_a_server_took_twice_counts_once() -> None:
    state = played(
        promoted(None, 1, ticket="a"),
        promoted(1, 2, ticket="b"),
        promoted(1, 2, ticket="b"),
        promoted(1, 3, ticket="c"),
    )
    assert (state.production, state.superseded) == (2, {3, 4})
    assert [state.counts(ticket) for ticket in "abc"] == [True, True, False]


def test_what_a_person_took_out_is_held_until_a_person_promotes_it() -> None:
    rolled = [promoted(None, 1), promoted(1, 2), back(2, 1)]
    assert {number: by.number for number, by in played(*rolled).held.items()} == {2: 3}
    assert played(*rolled, promoted(1, 2)).held == {}
    assert set(played(promoted(None, 1), promoted(1, 2), moved(2, 1)).held) == {2}
    assert set(played(promoted(None, 1), promoted(1, 2), moved(2, 3)).held) == set()  # forward is no rollback


def test_a_deleted_model_is_held_by_its_fingerprint() -> None:
    gone = [promoted(None, 1), promoted(1, 2), promoted(2, 3), deleted(1, 3)]
    assert set(played(*gone).deleted) == {"f1"}
    assert played(*gone).gone == {1}
    assert played(*gone, promoted(3, 4, fingerprint="f1")).deleted == {}


def test_the_holder_and_the_one_before_are_not_deleted() -> None:
    state = played(promoted(None, 1), promoted(1, 2), deleted(2, 2), deleted(1, 2), promoted(2, 3), deleted(1, 3))
    assert (state.production, state.previous, state.superseded, state.gone) == (3, 2, {3, 4}, {1})


def test_a_deleted_version_is_not_promoted() -> None:
    state = played(promoted(None, 1), promoted(1, 2), promoted(2, 3), deleted(1, 3), promoted(3, 1))
    assert (state.production, state.superseded) == (3, {5})
    adopted = played(
        promoted(None, 1), promoted(1, 2), promoted(2, 3), deleted(1, 3), replace(moved(3, 1), who=OUTSIDE)
    )
    assert (adopted.production, adopted.gone) == (1, set())  # it answers, whatever was recorded


def test_what_was_at_a_moment() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 3, 2, 5)]  # a clock that was set back once
    entries = [replace(promoted(n or None, n + 1), number=n + 1, when=day) for n, day in enumerate(days)]
    for day, production in ((1, 1), (2, 3), (4, 3), (9, 4)):
        assert replay(until(entries, datetime(2026, 1, day, 12, tzinfo=UTC))).production == production
    assert until(entries, datetime(2025, 12, 31, tzinfo=UTC)) == []


def test_an_entry_in_a_line() -> None:
    assert str(promoted(1, 2)) == "promoted: version 1 → version 2, by ada"
    assert str(promoted(None, 2)) == "promoted: nothing → version 2, by ada"
    assert str(entry("judged", 1, 1, version=4, verdict="refused")) == "judged version 4: refused, by ada"
    assert str(deleted(3, 1)) == "deleted version 3, by ada"


def test_ledgers_are_told_from_tracks_by_a_dot() -> None:
    assert is_ledger(ledger_of("letters"))
    assert not is_ledger("letters")
    assert not is_ledger("letters_ledger")
