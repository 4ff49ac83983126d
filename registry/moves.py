"""What moves Production: the ledger is written first, then the aliases follow it.

A move is one entry; the aliases are set to what the ledger amounts to, and the entry is settled. A kill between leaves
an entry that is not settled: whoever writes next sets the aliases first. An alias that differs while all is settled
was moved outside: the next writer records that too, since the alias is what answers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NoReturn

from pipeline.errors import InputError, RegistryError
from registry import entries, versions
from registry.ledger import OUTSIDE, Entry, State, named, replay, until
from registry.store import Store
from registry.versions import PREVIOUS, PRODUCTION, Version

ROUNDS = 100
NOT_PASSED = ("refused", "")  # statuses that a person must override; "" was never judged here


def state_of(store: Store, track: str, at: datetime | None = None) -> State:
    """Returns what the ledger says, now or at a moment; nothing is written."""
    found = entries.read(store, track)
    return replay(until(found, at) if at else found)


def seen(store: Store, track: str) -> int | None:
    """Returns the version that answers at this moment: what a person who types a move has in mind as `expected`."""
    found = versions.find(store, track, alias=PRODUCTION)
    return found.number if found else None


def promote(
    store: Store, track: str, number: int, *, expected: int | None, who: str, reason: str = "", override: bool = False
) -> State:
    """Moves Production from the `expected` version to another by a person's word.

    Raises: InputError for a version that may not, RegistryError when Production was moved elsewhere meanwhile.
    """
    with store.lock(f"promote-{track}"):
        told = settle(store, track)
        state = replay(told)
        version = versions.named(store, track, number=number)
        if number == expected:
            return state
        verdict = version.tags.get("signloop.status", "")
        if verdict in NOT_PASSED and not (override and reason):
            judged = f"was {verdict}" if verdict else "was never judged here"
            raise InputError(
                f"version {number} of '{track}' {judged}: signloop models show {track} --version {number}. "
                "To promote it all the same: add --override --reason TEXT"
            )
        entry = Entry(
            what="promoted",
            version=number,
            before=expected,
            after=number,
            who=who,
            verdict=verdict,
            reason=reason,
            fingerprint=version.fingerprint,
            settled=False,
        )
        state, counted = move(store, track, entry, told)
        return state if counted or state.production == number else _too_late(track, entry, state)


def roll_back(
    store: Store, track: str, *, expected: int | None, who: str, to: int | None = None, reason: str = ""
) -> State:
    """Brings back a version that was in Production before: the last one, or the one named.

    Where another has taken the `expected` version out meanwhile, that is recorded and what was asked for is done.
    Raises: InputError when there is none, RegistryError when Production was moved elsewhere meanwhile.
    """
    with store.lock(f"promote-{track}"):
        told = settle(store, track)
        state = replay(told)
        target = to if to is not None else state.previous if state.production == expected else state.production
        if target is None:
            raise InputError(
                f"'{track}' has nothing to roll back to: no other version was in Production before. "
                f"Promote one by hand: signloop models list {track}"
            )
        version = versions.named(store, track, number=target)
        if target == expected:
            return state
        if target not in state.holders:
            former = ", ".join(str(n) for n in sorted({n for n in state.holders[:-1] if n is not None})) or "none"
            raise InputError(
                f"version {target} of '{track}' was not in Production before; former: {former}. "
                f"Use: signloop models promote {track} {target}"
            )
        entry = Entry(
            what="rolled back",
            version=expected,
            before=expected,
            after=target,
            who=who,
            reason=reason,
            fingerprint=version.fingerprint,
            settled=False,
        )
        state, counted = move(store, track, entry, told)
        done = counted or (expected in state.held and to in (None, state.production))
        return state if done else _too_late(track, entry, state)


def delete(store: Store, track: str, number: int, *, who: str, reason: str = "") -> State:
    """Deletes a version that no alias names, and records it first.

    Raises: InputError naming the aliases that it holds, and how they move.
    """
    with store.lock(f"promote-{track}"):
        told = settle(store, track)
        version = versions.named(store, track, number=number)
        if version.aliases:
            raise InputError(
                f"version {number} of '{track}' is {' and '.join(version.aliases)}: not deleted. "
                f"First {_how_to_free(track, version)}."
            )
        production = replay(told).production
        entry = Entry(
            what="deleted",
            version=number,
            before=production,
            after=production,
            who=who,
            reason=reason,
            fingerprint=version.fingerprint,
            settled=False,
        )
        state, counted = move(store, track, entry, told)
        return state if counted else _too_late(track, entry, state)


def move(store: Store, track: str, entry: Entry, known: Sequence[Entry] = ()) -> tuple[State, bool]:
    """Appends a move and has the aliases follow; returns the state, and whether the entry came in time.

    known  as in `entries.read`
    """
    ticket = entries.append(store, track, entry).ticket
    state = replay(settle(store, track, known))
    return state, state.counts(ticket)


def _too_late(track: str, entry: Entry, state: State) -> NoReturn:
    since = f", by {state.since.who}" if state.since else ""
    raise RegistryError(
        f"Production of '{track}' moved from {named(entry.before)} to {named(state.production)} meanwhile{since}. "
        f"Recorded, and nothing was changed: look at `signloop models history {track}` and decide again."
    )


def catch_up(store: Store, track: str) -> State:
    """Makes aliases and ledger agree: finishes what was begun, and records what was moved outside."""
    return replay(settle(store, track))


def settle(store: Store, track: str, told: Sequence[Entry] = ()) -> list[Entry]:
    """Does as `catch_up`, and returns the entries; what is known of them is read once."""
    for _ in range(ROUNDS):
        told, there = look(store, track, told)
        state = replay(told)
        if unsettled := [entry for entry in told if not entry.settled]:
            _project(store, track, state, unsettled)
            for entry in unsettled:
                entries.settle(store, track, entry)
        elif found := next(outside(state, there, begun=bool(told)), None):
            entries.append(store, track, found)
        else:
            return told
    raise RegistryError(f"'{track}' is moved by others without pause: its aliases could not be settled. Try again.")


def look(store: Store, track: str, known: Sequence[Entry] = ()) -> tuple[list[Entry], list[Version]]:
    """Returns entries and versions of one moment.

    Trap: aliases are read between two looks at the ledger. One look before would take another host's move, of which
    the alias is seen and the entry not yet, for one made outside; one after would take its finished move back.
    """
    told = entries.read(store, track, known)
    for _ in range(ROUNDS):
        there = versions.versions(store, track)
        before, told = told, entries.read(store, track, told)
        if len(told) == len(before):
            return before, there
    raise RegistryError(f"the ledger of '{track}' grows without pause: it could not be read whole. Try again.")


def outside(state: State, there: list[Version], *, begun: bool) -> Iterator[Entry]:
    """Yields, as entries, in what a registry differs from its settled ledger.

    begun  False for a registry from before it had a ledger: what the aliases say is adopted
    """
    held = {alias: version for version in there for alias in version.aliases}
    production, previous = held.get(PRODUCTION), held.get(PREVIOUS)
    now, before = production.number if production else None, previous.number if previous else None
    fingerprint = production.fingerprint if production else ""
    if not begun:
        if held.keys() & {PRODUCTION, PREVIOUS}:
            why = "so it was when the ledger began"
            yield _outside("adopted", None, now, version=now, previous=before, reason=why, fingerprint=fingerprint)
        return
    for number in sorted({n for n in state.holders if n is not None} - {v.number for v in there}):
        after = None if number == state.production else state.production
        yield _outside("deleted", state.production, after, version=number, reason="MLflow no longer has it")
    if now != state.production:
        why = f"the alias `{PRODUCTION}` was moved in MLflow itself"
        yield _outside("moved outside", state.production, now, version=now, reason=why, fingerprint=fingerprint)
    elif before != state.previous:
        why = f"the alias `{PREVIOUS}` named {named(before)}; put back to {named(state.previous)}"
        yield _outside("moved outside", now, now, version=before, reason=why)


def _outside(what: str, before: int | None, after: int | None, **others: object) -> Entry:
    return Entry(what=what, before=before, after=after, who=OUTSIDE, settled=False, **others)  # type: ignore[arg-type]


def _project(store: Store, track: str, state: State, unsettled: list[Entry]) -> None:
    """Sets aliases to what the ledger says, `production` last, and deletes what it says is deleted.

    A version that MLflow no longer has cannot be pointed to: then the alias stays, and is next found moved outside.
    """
    there = {version.number: version for version in versions.versions(store, track)}
    held = {alias: version.number for version in there.values() for alias in version.aliases}
    for alias, number in ((PREVIOUS, state.previous), (PRODUCTION, state.production)):
        if held.get(alias) != number and (number is None or number in there):
            versions.point(store, track, alias, number)
    for entry in unsettled:
        doomed = there.get(entry.version or 0)
        if entry.what == "deleted" and doomed and doomed.number in state.gone and not doomed.aliases:
            versions.delete(store, track, doomed.number)


def _how_to_free(track: str, version: Version) -> str:
    if PRODUCTION in version.aliases:
        return f"put another in its place: signloop models rollback {track}"
    if PREVIOUS in version.aliases:
        return f"promote another twice, or keep it as the one that a rollback brings back: signloop models list {track}"
    return f"have the next candidate judged (`dvc repro`), or move the alias: {', '.join(version.aliases)}"
