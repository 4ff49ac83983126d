"""The ledger as a person reads it: a table, a line, or what was in Production at a moment."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from registry import entries as ledger
from registry import versions
from registry.ledger import Entry, named, replay, until
from registry.store import Store

if TYPE_CHECKING:
    from rich.table import Table


def entries(store: Store, track: str) -> list[Entry]:
    """Returns a track's entries, the first one first.

    Raises: InputError naming the tracks when there is no such one.
    """
    if not versions.versions(store, track):
        versions.named(store, track)  # raises, and says what is registered
    return ledger.read(store, track)


def moment(text: str) -> datetime:
    """Reads a date or a time; without a zone it is the local one.

    Raises: InputError with what would be right.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise InputError(
            f"--at '{text}': expected a date or a time, as 2026-05-01, 2026-05-01T12:00 or 2026-05-01T12:00+02:00."
        ) from None


def then(store: Store, track: str, at: datetime) -> str:
    """Says which version was in Production at a moment, since when, and why."""
    told = entries(store, track)
    before = until(told, at)
    if not before:
        begins = f"it begins {local(told[0].when)}" if told else "it is empty"
        return f"{track}, {local(at)}: the ledger does not reach back so far, {begins}"
    state = replay(before)
    head = f"{track}, {local(at)}: {named(state.production)} in Production"
    return f"{head}, since {local(state.since.when)}, {in_words(state.since)}" if state.since else head


def in_words(entry: Entry) -> str:
    """Says what, by whom and why."""
    why = f": {entry.reason}" if entry.reason else ""
    return f"{entry.what} by {entry.who}{why}"


def table(track: str, told: list[Entry], limit: int) -> "Table":
    """Shows the newest entries first; what came too late is dimmed."""
    from rich.table import Table

    shown = Table(
        "", "when", "what", "version", "from → to", "verdict", "who", "why", box=None, header_style="bold", title=track
    )
    late = replay(told).superseded
    for entry in reversed(told[-limit:]):
        what = entry.what + (" (superseded)" if entry.number in late else "" if entry.settled else " (unsettled)")
        moved = f"{_number(entry.before)} → {_number(entry.after)}" if entry.moves else ""
        row = (what, _number(entry.version), moved, entry.verdict, entry.who, entry.reason)
        shown.add_row(str(entry.number), local(entry.when), *row, style="dim" if entry.number in late else "")
    return shown


def to_json(entry: Entry, told: list[Entry]) -> dict[str, Any]:
    """Returns an entry for other programs, with whether it counted."""
    fields = asdict(entry) | {"when": entry.when.isoformat(timespec="milliseconds")}
    return fields | {"superseded": entry.number in replay(told).superseded}


def local(when: datetime) -> str:
    """Returns a time as people of this machine read it."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def _number(number: int | None) -> str:
    return "–" if number is None else str(number)
