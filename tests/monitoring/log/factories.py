"""Entries as a server makes them, and the log that they are put into."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitoring.log.database import Database
from monitoring.log.entry import Entry
from monitoring.log.writer import Writer

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOP = (("A", 0.7), ("S", 0.2), ("E", 0.1))
FIGURES = {f"figure_{i:02}": 0.123456789 + i for i in range(20)}


def make_entry(**changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "time": NOON,
        "track": "letters",
        "version": 3,
        "role": "production",
        "of": None,
        "label": "A",
        "confidence": 0.7,
        "top": TOP,
        "entropy": 0.8,
        "uncertain": False,
        "figures": {"seen_share": 1.0, "num_frames": 16.0, "fps": None},
        "latency_ms": 2.5,
        "client": "",
        "source": "predict",
    }
    return Entry(**fields | changes)


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'predictions.db'}"


def opened(folder: Path) -> Database:
    return Database.open(address(folder))


def stored(database: Database, *entries: Entry) -> None:
    """Puts entries through a writer of its own, one commit."""
    writer = Writer(database)
    outcome = put(writer, *entries)
    writer.close()
    assert outcome is None, outcome


def put(writer: Writer, *entries: Entry) -> BaseException | None:
    """Puts entries and waits for what becomes of them."""
    told, done = [], threading.Event()

    def tell(outcome: BaseException | None) -> None:
        told.append(outcome)
        done.set()

    writer.put(entries, tell)
    assert done.wait(60)
    return told[0]
