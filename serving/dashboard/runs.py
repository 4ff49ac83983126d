"""The last runs of a track: how long each stage took, as `signloop stage` noted it, and the trainings in MLflow.

No out of DVC holds a time, or two runs could not leave the same lock: so the command notes its own beside, a line a
stage, in the state folder.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from registry.store import Store, open_store

ORDER = ("code", "extract", "prepare", "pretrain", "train", "export", "evaluate", "promote")
APART = timedelta(hours=1)  # a stage that begins later after the one before is of another run
NEWEST = 8
READ_BYTES = 2**20  # of the newest notes


def runs(file: Path | None, track: str) -> list[dict[str, Any]]:
    """Returns the last runs, the newest first, each with its stages in order."""
    noted = [note for note in _notes(file) if note["track"] == track] if file and file.exists() else []
    found: list[list[dict[str, Any]]] = []
    for note in noted:
        if not found or _another(found[-1][-1], note):
            found.append([])
        found[-1].append(note)
    return [_run(stages) for stages in reversed(found[-NEWEST:])]


def trainings(store: Store, track: str) -> list[dict[str, Any]]:
    """Returns the last trainings of a track in MLflow, the newest first; a track that was never trained has none."""
    client = open_store(store)
    home = client.get_experiment_by_name(track)
    if home is None:
        return []
    found = client.search_runs([home.experiment_id], max_results=NEWEST, order_by=["attributes.start_time DESC"])
    return [
        {
            "name": run.info.run_name,
            "began": run.info.start_time / 1000,
            "seconds": (run.info.end_time - run.info.start_time) / 1000 if run.info.end_time else None,
            "status": run.info.status.lower(),
            "accuracy": run.data.metrics.get("val_accuracy"),
        }
        for run in found
    ]


def _notes(file: Path) -> Iterable[dict[str, Any]]:
    """Yields the notes in their order; a line that a kill left half written is none."""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - READ_BYTES))
        for line in opened:
            try:
                note = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(note, dict) and note.get("stage") in ORDER:
                yield note


def _another(before: dict[str, Any], note: dict[str, Any]) -> bool:
    """Whether a stage begins another run: the stages of one come in order, none twice."""
    ended = _began(before) + timedelta(seconds=before["seconds"])
    return ORDER.index(note["stage"]) <= ORDER.index(before["stage"]) or _began(note) - ended > APART


def _run(stages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "began": stages[0]["began"],
        "seconds": sum(note["seconds"] for note in stages),
        "outcome": stages[-1]["outcome"],
        "stages": [{name: note[name] for name in ("stage", "seconds", "outcome")} for note in stages],
    }


def _began(note: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(note["began"])
