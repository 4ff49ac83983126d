"""What people say of answers: corrected to another label, confirmed, or withdrawn. The latest word on an answer counts.

Saying the same again changes nothing; every change is a row of its own, so that the history stays.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, select

from monitoring.log.database import Database
from monitoring.log.reused import seconds
from monitoring.log.tables import corrections, predictions
from pipeline.errors import InputError

Kind = Literal["corrected", "confirmed", "withdrawn"]
MAX_NOTE = 1000


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One word on an answer; `label` is what it truly was, None of a withdrawal."""

    id: str
    time: datetime
    kind: Kind
    label: str | None
    client: str
    who: str
    note: str


def give(
    database: Database,
    id: str,
    label: str | None,
    *,
    client: str,
    who: str,
    class_names: Collection[str],
    track: str | None = None,
    operator: bool = False,
    note: str = "",
    now: datetime | None = None,
) -> Correction:
    """Corrects an answer to a label, or confirms it: None, or the label that was answered.

    class_names  what a label may be
    track        that the answer must be of
    operator     may speak of every client's answers; others of their own

    Raises: InputError for an id that is not theirs or not there, which are not told apart, for one that its client
    sent again, and for another label.
    """
    if len(note) > MAX_NOTE:
        raise InputError(f"note: expected at most {MAX_NOTE} characters, got {len(note)}. Say it shorter.")
    with database.writing() as connection:
        row = _row(connection, id, track, client=client, operator=operator)
        _once(connection, id, row.client)
        answered = row.label
        if not class_names:
            raise InputError(
                f"'{row.track}' answers with numbers and no class: nobody can correct or confirm them. Put "
                "what came true among the track's own data."
            )
        true = answered if label is None else label
        if true not in class_names:
            raise InputError(_unknown_label(true, class_names))
        return _say(connection, id, "confirmed" if true == answered else "corrected", true, client, who, note, now)


def withdraw(
    database: Database,
    id: str,
    *,
    client: str,
    who: str,
    track: str | None = None,
    operator: bool = False,
    note: str = "",
    now: datetime | None = None,
) -> Correction:
    """Takes back what was said of an answer.

    Raises: InputError as `give`, and where nothing was said.
    """
    with database.writing() as connection:
        _row(connection, id, track, client=client, operator=operator)
        if not _history(connection, id):
            raise InputError(f"request '{id}' was neither corrected nor confirmed: there is nothing to withdraw.")
        return _say(connection, id, "withdrawn", None, client, who, note, now)


def history(database: Database, id: str) -> list[Correction]:
    """Returns all that was said of an answer, the oldest first."""
    with database.reading() as connection:
        return _history(connection, id)


def given(database: Database, track: str | None = None, *, limit: int | None = None) -> list[Correction]:
    """Returns what counts now for the answers of a track, or of all, the newest first."""
    found = counting()
    if track is not None:
        found = found.join(predictions, predictions.c.id == corrections.c.id)
        found = found.where(func.coalesce(predictions.c.track, "") == track)  # as in `reading`: not by its index
    with database.reading() as connection:
        rows = connection.execute(found.order_by(corrections.c.number.desc()).limit(limit))
        return [_correction(row) for row in rows]


def counting() -> Select[Any]:
    """Selects of each answer the latest word, unless that withdraws."""
    latest = select(func.max(corrections.c.number)).group_by(corrections.c.id)
    return select(corrections).where(corrections.c.number.in_(latest), corrections.c.kind != "withdrawn")


def _row(connection: Connection, id: str, track: str | None, *, client: str, operator: bool) -> Row[Any]:
    """Returns an answer's row, and holds it until the transaction ends: of two who speak one waits."""
    of = predictions.c
    found = select(of.label, of.client, of.role, of.track).where(of.id == id)
    row = connection.execute(found.with_for_update()).one_or_none()
    theirs = row is not None and row.role != "shadow" and (operator or row.client == client)
    if row is None or not theirs or track not in (None, row.track):
        raise InputError(f"request id '{id[:80]}' is not among your predictions. Send the id of an answer.")
    return row


def _once(connection: Connection, id: str, client: str) -> None:
    """Refuses an id that its client sent again: it may mean any of the answers."""
    if connection.execute(select(predictions.c.id).where(predictions.c.id.in_(seconds(id, client)))).first():
        raise InputError(
            f"request id '{id}' was sent more than once, so it names no single answer. Of the later ones, send the id "
            "that the answer has (`id`, in /v2 `parameters.prediction`); better, send each request under its own."
        )


def _say(
    connection: Connection,
    id: str,
    kind: Kind,
    label: str | None,
    client: str,
    who: str,
    note: str,
    now: datetime | None,
) -> Correction:
    said = _history(connection, id)
    if said and (said[-1].kind, said[-1].label) == (kind, label):
        return said[-1]
    new = Correction(id=id, time=now or datetime.now(UTC), kind=kind, label=label, client=client, who=who, note=note)
    connection.execute(corrections.insert(), vars(new))
    return new


def _history(connection: Connection, id: str) -> list[Correction]:
    rows = connection.execute(select(corrections).where(corrections.c.id == id).order_by(corrections.c.number))
    return [_correction(row) for row in rows]


def _correction(row: Any) -> Correction:
    return Correction(**{name: value for name, value in row._mapping.items() if name != "number"})


def _unknown_label(label: str, class_names: Collection[str]) -> str:
    from rapidfuzz import process

    nearest = [name for name, _, _ in process.extract(label, list(class_names), limit=3)]
    return f"label '{label[:80]}': expected one of {len(class_names)} class names, as {', '.join(nearest)}. Correct it."
