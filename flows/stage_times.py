"""How long each stage took: a line a stage in the state folder, for the dashboard. Nothing that DVC owns holds a time.

A line is written in one piece at the end of the file, so that stages of several processes never mix theirs.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson

NAME = "stages.jsonl"


@contextmanager
def noted(state: Path, stage: str, track: str) -> Iterator[None]:
    """Notes how long the block took and how it ended; a block that is killed leaves no note."""
    began, start, outcome = datetime.now(UTC), time.perf_counter(), "failed"
    try:
        yield
        outcome = "done"
    finally:
        note = {
            "track": track,
            "stage": stage,
            "began": began.isoformat(timespec="milliseconds"),
            "seconds": round(time.perf_counter() - start, 3),
            "outcome": outcome,
        }
        state.mkdir(parents=True, exist_ok=True)
        file = os.open(state / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(file, orjson.dumps(note) + b"\n")
        finally:
            os.close(file)
