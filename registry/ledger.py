"""What happened to a track's Production: entries that are only ever added, and the state that they amount to. Pure.

A move says which version its writer saw in Production, and counts only if that one still holds it after all entries
before. So of moves made at once, on any number of hosts, exactly one counts, the one with the lowest number; the
others stay in the list, superseded. See docs/decisions/006.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

What = Literal["judged", "promoted", "rolled back", "moved outside", "adopted", "deleted"]
STAGE = "promote stage"  # who, when no person asked for it
OUTSIDE = "outside of Signloop"  # who, when MLflow's own page or client was used
SUFFIX = ".ledger"  # no track's name has a dot: pipeline.params


def ledger_of(track: str) -> str:
    """Returns the name of the registered model that keeps a track's ledger."""
    return f"{track}{SUFFIX}"


def is_ledger(model: str) -> bool:
    return model.endswith(SUFFIX)


EPOCH = datetime.fromtimestamp(0, UTC)  # of an entry that the registry has not dated yet


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened.

    version    that it is about: judged, promoted, rolled back from, deleted
    before     in Production as the writer saw it, None for nothing
    after      in Production by this entry; `before` again where nothing moves
    previous   what the alias `previous` named, where that is adopted too
    verdict    of the gates on `version`
    fingerprint  of the version that it puts into Production, or deletes
    ticket     the writer's own mark, since a server may take a request twice
    number     of the sequence, and `when`: given by the registry
    settled    whether the aliases say so by now
    """

    what: What
    version: int | None
    before: int | None
    after: int | None
    who: str
    previous: int | None = None
    verdict: str = ""
    reason: str = ""
    judgement: str = ""
    fingerprint: str = ""
    ticket: str = ""
    number: int = 0
    when: datetime = EPOCH
    settled: bool = True

    @property
    def moves(self) -> bool:
        return self.before != self.after

    def __str__(self) -> str:
        """Says it in a line, without when and why."""
        what = {
            "judged": f"judged version {self.version}: {self.verdict}",
            "deleted": f"deleted version {self.version}",
        }
        return f"{what.get(self.what, f'{self.what}: {named(self.before)} → {named(self.after)}')}, by {self.who}"


@dataclass(kw_only=True)
class State:
    """What a list of entries amounts to.

    holders      of Production in their order, the last one now; a rollback takes from the end
    held         versions that a person took out of Production, and by which entry
    deleted      fingerprints of deleted versions, and by which entry
    gone         numbers of deleted versions
    superseded   numbers of entries that came too late
    since        the entry that put the holder there
    """

    holders: tuple[int | None, ...] = ()
    held: dict[int, Entry] = field(default_factory=dict)
    deleted: dict[str, Entry] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    superseded: set[int] = field(default_factory=set)
    since: Entry | None = None
    _counted: dict[str, bool] = field(default_factory=dict, repr=False)

    @property
    def production(self) -> int | None:
        return self.holders[-1] if self.holders else None

    @property
    def previous(self) -> int | None:
        """The version that a rollback brings back: the last holder before, that is another one and still there."""
        return next((n for n in reversed(self.holders[:-1]) if n is not None and n != self.production), None)

    def counts(self, ticket: str) -> bool:
        """Says whether the entry of this ticket came in time."""
        return self._counted[ticket]

    def _take(self, entry: Entry) -> None:
        late = not self._in_time(entry)
        if late or (entry.ticket and entry.ticket in self._counted):
            self.superseded.add(entry.number)
        else:
            self._apply(entry)
        if entry.ticket:
            self._counted.setdefault(entry.ticket, not late)

    def _in_time(self, entry: Entry) -> bool:
        if entry.what == "judged":
            return True
        if entry.what == "deleted":
            return entry.who == OUTSIDE or entry.version not in (self.production, self.previous)
        return entry.before == self.production and (entry.who == OUTSIDE or entry.after not in self.gone)

    def _apply(self, entry: Entry) -> None:
        before, after = entry.before, entry.after
        if entry.what == "deleted":
            self._delete(entry)
        elif entry.what == "adopted":
            self.holders = (*((entry.previous,) if entry.previous else ()), after)
        elif entry.moves:
            back = entry.what != "promoted" and (after is None or after in self.holders)
            if back and before is not None:
                self.held[before] = entry
            if entry.what == "rolled back" and after in self.holders[:-1]:
                last = len(self.holders) - 2 - self.holders[-2::-1].index(after)
                self.holders = self.holders[: last + 1]
            else:
                self.holders = (*self.holders, after)
        if entry.what != "judged" and after is not None and entry.moves:
            self.held.pop(after, None)
            self.gone.discard(after)
            self.deleted.pop(entry.fingerprint, None)
        if entry.moves or entry.what == "adopted":
            self.since = entry

    def _delete(self, entry: Entry) -> None:
        assert entry.version is not None
        *former, now = self.holders or (None,)
        kept = [number for number in former if number != entry.version]
        if now == entry.version:
            now, self.since = None, entry
        self.holders = (*kept, now)
        self.gone.add(entry.version)
        self.held.pop(entry.version, None)
        if entry.fingerprint:
            self.deleted[entry.fingerprint] = entry


def replay(entries: Iterable[Entry]) -> State:
    """Returns what the entries, in the order of their numbers, amount to."""
    state = State()
    for entry in entries:
        state._take(entry)
    return state


def until(entries: list[Entry], moment: datetime) -> list[Entry]:
    """Returns the entries up to the last one made by a moment; their numbers rule, a clock may have been set back."""
    made = [index for index, entry in enumerate(entries) if entry.when <= moment]
    return entries[: made[-1] + 1] if made else []


def named(number: int | None) -> str:
    return "nothing" if number is None else f"version {number}"
