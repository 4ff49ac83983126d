"""The tables, alike on SQLite and PostgreSQL; a change of them needs a migration beside the others.

Their names are not those of MLflow's and Prefect's tables, so that all may share one database.
"""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator

from monitoring.log.entry import Entry

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """A time with its zone; SQLite keeps none, so all of them are UTC there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER is SQLite's own row number

predictions = Table(
    "predictions",
    metadata,
    Column("number", NUMBER, primary_key=True),  # in the order of commits: new rows share a page, whatever their id
    Column("id", String(64), nullable=False, unique=True),
    Column("time", Instant, nullable=False, index=True),
    Column("track", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("of", String(64), index=True),
    Column("label", String, nullable=False),
    Column("confidence", Double),
    Column("top", JSON, nullable=False),
    Column("entropy", Double),
    Column("uncertain", Boolean),
    Column("figures", JSON, nullable=False),
    Column("latency_ms", Double, nullable=False),
    Column("client", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Index("predictions_of_a_track", "track", "time"),
    Index("predictions_of_a_client", "client", "time"),
)

kept_inputs = Table(
    "kept_inputs",
    metadata,
    Column("id", String(64), primary_key=True),  # of the prediction
    Column("clip", LargeBinary, nullable=False),
    Column("until", Instant, nullable=False, index=True),
)

corrections = Table(
    "corrections",
    metadata,
    Column("number", NUMBER, primary_key=True),  # of one id the highest counts; the others are its history
    Column("id", String(64), nullable=False, index=True),  # of the prediction
    Column("time", Instant, nullable=False),
    Column("kind", String(16), nullable=False),  # corrected, confirmed, withdrawn
    Column("label", String),  # what it was; of a withdrawal NULL
    Column("client", String(64), nullable=False),
    Column("who", String, nullable=False),
    Column("note", String, nullable=False),
)

exports = Table(
    "exports",
    metadata,
    Column("number", NUMBER, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("time", Instant, nullable=False),
    Column("track", String, nullable=False),
    Column("path", String, nullable=False),
    Column("clips", Integer, nullable=False),
    Column("erased", Integer, nullable=False),  # of these clips, since
)

exported = Table(
    "exported",
    metadata,
    Column("export", NUMBER, primary_key=True, autoincrement=False),  # exports.number
    Column("id", String(64), primary_key=True, index=True),  # of the prediction
    Column("client", String(64), nullable=False, index=True),  # also when the prediction is long pruned
)

drift_reports = Table(
    "drift_reports",
    metadata,
    Column("number", NUMBER, primary_key=True),
    Column("made", Instant, nullable=False),
    Column("track", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fired", Boolean, nullable=False),
    Column("report", JSON, nullable=False),  # monitoring.drift.report.Report
    Column("verdict", JSON(none_as_null=True)),  # monitoring.policy.Verdict; NULL where nobody decided
    Index("drift_reports_of_a_track", "track", "made"),
)


def insert(connection: Any, entries: list[Entry]) -> None:
    """Inserts predictions, and the inputs of those that keep them."""
    if entries:  # SQLAlchemy takes an empty list for a row of defaults
        connection.execute(predictions.insert(), [_row(entry) for entry in entries])
    kept = [{"id": e.id, "clip": e.inputs, "until": e.until} for e in entries if e.inputs is not None]
    if kept:
        connection.execute(kept_inputs.insert(), kept)


def _row(entry: Entry) -> dict[str, Any]:
    row = dict(vars(entry))  # its fields are the columns' names, but for two
    del row["inputs"], row["until"]
    for name in FRACTIONS:
        value = row[name]
        row[name] = None if value is None or value != value else float(value)  # NaN: there is none
    return row


FRACTIONS = ("confidence", "entropy")


def to_json(value: Any) -> str:
    """Writes a JSON column; NaN becomes null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


from_json = orjson.loads
