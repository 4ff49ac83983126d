"""References and windows of people who differ, small enough to be resampled in a test."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from monitoring.drift.report import ColumnDrift, Report
from pipeline.params.watching import Watch

LABELS = np.array(["A", "B", "C"], dtype=object)
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def watch(**fields: Any) -> Watch:
    return Watch(**{"window": 100, "min_predictions": 50, "resamples": 400, **fields})


def clips(people: range, *, each: int = 30, seed: int = 0, size: float = 0.0, seen: float = 0.98) -> pd.DataFrame:
    """Returns figures and answers to clips: each person has a size, each label too, and `size` moves all of them."""
    drawn = []
    for person in people:
        rng = np.random.default_rng([seed, person])
        target = np.arange(each) % len(LABELS)
        right = rng.random(each) < 0.9
        confidence = np.clip(rng.normal(0.9, 0.05, each), 0.34, 1)
        drawn.append(
            pd.DataFrame(
                {
                    "seen_share": np.where(rng.random(each) < 0.9, 1.0, seen),
                    "hand_size": 1 + size + 0.3 * rng.normal() + 0.5 * target + rng.normal(0, 0.2, each),
                    "fps": 15.0,
                    "handedness": "left" if person % 8 == 0 else "right",
                    "target": LABELS[target],
                    "label": LABELS[np.where(right, target, (target + 1) % len(LABELS))],
                    "confidence": confidence,
                    "entropy": 1 - confidence,
                    "group": f"person {person}",
                }
            )
        )
    return pd.concat(drawn, ignore_index=True)


def reference(people: int = 40, **fields: Any) -> pd.DataFrame:
    """Returns a reference as `evaluate` writes it: a quarter of the people each for validation and for test."""
    quarter = people // 4
    parts = []
    for part, whose in (
        ("train", range(people - 2 * quarter)),
        ("val", range(people - 2 * quarter, people - quarter)),
        ("test", range(people - quarter, people)),
    ):
        rows = clips(whose, **fields).assign(part=part)
        absent = {"train": ["label", "confidence", "entropy"], "val": [], "test": FIGURES}[part]
        parts.append(rows.drop(columns=absent))
    return pd.concat(parts, ignore_index=True)


FIGURES = ["seen_share", "hand_size", "fps", "handedness"]


def window(people: range, *, rows: int = 100, **fields: Any) -> pd.DataFrame:
    """Returns traffic as the log gives it."""
    drawn = clips(people, **fields)
    drawn = drawn.iloc[np.random.default_rng(1).permutation(len(drawn))[:rows]].reset_index(drop=True)
    times = pd.to_datetime(pd.date_range(NOW, periods=len(drawn), freq="s"))
    return drawn.rename(columns={"group": "client"}).drop(columns="target").assign(time=times, truth=None)


def column(report: Report, name: str) -> ColumnDrift:
    """Returns a column that the report must have."""
    found = report.of(name)
    assert found is not None
    return found
