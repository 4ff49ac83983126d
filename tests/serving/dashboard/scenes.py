"""What the dashboard is shown in tests: a real registry, a real log that a month went through, and drift reports."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert

from monitoring.drift.report import ColumnDrift, Interval, Report
from monitoring.log.database import Database
from monitoring.log.tables import corrections, predictions
from monitoring.policy import Verdict
from serving.dashboard.drifting import Look
from tests.monitoring.log.factories import FIGURES

LABELS = ("A", "B", "C")


def fill(database: Database, *, until: datetime, days: int = 30, answers: int = 3000, track: str = "letters") -> None:
    """Puts a month of answers into a log at once, the newest at `until`; of every tenth somebody spoke."""
    chance, step = random.Random(0), timedelta(days=days) / answers
    rows, words = [], []
    for i in range(answers):
        label = chance.choices(LABELS, (6, 3, 1))[0]
        sure = chance.uniform(0.5, 1)
        time = until - step * (answers - 1 - i)
        rows.append(
            {
                "id": f"{track}-{i}",
                "time": time,
                "track": track,
                "version": 1 + (i > answers // 2),
                "role": "production",
                "label": label,
                "confidence": sure,
                "top": [[label, sure], ["B" if label == "A" else "A", 1 - sure]],
                "entropy": 1 - sure,
                "uncertain": sure < 0.6,
                "figures": FIGURES,
                "latency_ms": 2.5,
                "client": f"{i % 7:032x}",
                "source": "stream",
            }
        )
        if i % 10 == 0:
            truth = label if i % 30 else "C"
            kind = "confirmed" if truth == label else "corrected"
            said = {"id": f"{track}-{i}", "time": time, "kind": kind, "label": truth}
            words.append({**said, "client": "", "who": "", "note": ""})
    with database.writing() as connection:
        connection.execute(insert(predictions), rows)
        connection.execute(insert(corrections), words)


def report(made: datetime, *, excess: float = 0.4, calibrated: bool = True, track: str = "letters") -> Report:
    """Returns a report whose column `right_hand_seen` is so many thresholds off, the others half of that at most."""
    names = ("right_hand_seen", "palm_scale", "frame_rate", "label", "confidence", "entropy", "span_frames")
    kinds = {"right_hand_seen": "share", "label": "category"}
    columns = tuple(
        ColumnDrift(
            name=name,
            family="seen" if i == 0 else "label" if name == "label" else "input",
            kind=kinds.get(name, "number"),  # type: ignore[arg-type]
            method="jensenshannon" if name == "label" else "wasserstein",
            distance=(excess if i == 0 else excess / (2 + i)) * 0.1,
            threshold=0.1 if calibrated else None,
            reference="A" if name == "label" else 0.94,
            window="A" if name == "label" else 0.94 - 0.2 * excess,
            missing=(0.02, 0.01),
        )
        for i, name in enumerate(names)
    )
    accuracy = 0.9 - 0.05 * max(0.0, excess - 1)
    return Report(
        track=track,
        version=2,
        made=made,
        since=made - timedelta(hours=6),
        until=made,
        predictions=500,
        sampled=500,
        clients=31,
        calibrated=calibrated,
        why_not="" if calibrated else "12 people in the reference, 20 are needed",
        columns=columns,
        corrected=Interval(value=accuracy - 0.01, low=accuracy - 0.06, high=accuracy + 0.04, count=48),
        expected=Interval(value=accuracy, low=accuracy - 0.03, high=accuracy + 0.03, count=500),
        usual=0.91,
    )


def looks(until: datetime, count: int = 40) -> Sequence[Look]:
    """Returns reports newest first: quiet, then a detector that loses a hand, from three quarters of them on."""
    found: list[Look] = []
    for i in range(count):
        off = 1.2 + 0.1 * (i - 0.75 * count) if i >= 0.75 * count else 0.35 + 0.25 * ((7 * i) % 5) / 5
        made = report(until - timedelta(hours=6) * (count - 1 - i), excess=off)
        lost = "right hand seen in 61 % of frames, 94 % in training: camera or detector; retraining will not help"
        told = (
            Verdict(action="warn", cause="detector", reasons=(lost, "2 of the last 3 windows fired"))
            if off > 1
            else Verdict(action="nothing", cause="none", reasons=("no column is above its threshold",))
        )
        found.append((made, told))
    return found[::-1]
