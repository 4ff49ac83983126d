"""Recordings without pictures, and who looks at them: a file's text says what is seen in it.

`hand 3`: a hand in three frames; `hand 3 rest 2`: and in two more nothing; `broken`: it is corrupt.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.detect.detected import Detected, Failure
from pipeline.detect.workshop import Done, Job, Outcome, Workshop
from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.sources import read as read_source
from tests.factories import make_hand

FPS = 10.0
LOOKED = "LOOKED_AT"  # an environment variable: a file that is told each clip


def look(job: Job) -> Detected | Failure:
    if told := os.environ.get(LOOKED):
        with Path(told).open("a", encoding="utf-8") as file:
            file.write(f"{job.file.name}\n")
    words = job.file.read_text(errors="replace").split()
    if words[:1] not in (["hand"], ["rest"]):
        return Failure("corrupt", "no decoder takes it")
    seen = [kind == "hand" for kind, count in zip(words[::2], words[1::2], strict=True) for _ in range(int(count))]
    first = 0 if job.start is None else round(job.start * FPS)
    last = len(seen) if job.end is None else round(job.end * FPS)
    if not seen[first:last]:
        return Failure("no frames", f"the file has {len(seen)} frames")
    return detected(seen[first:last], job, size=0.2 + len(words) / 100)


def detected(seen: list[bool], job: Job, *, size: float) -> Detected:
    body = skeleton(job.detection.points)
    values = np.full((len(seen), len(body.points), 3), np.nan, np.float32)
    values[seen, :21] = make_hand(size=size)
    parts = len(body.parts)
    confidence = np.where(np.asarray(seen)[:, None], np.float32(0.9), np.float32("nan")) * np.ones(
        (1, parts), np.float32
    )
    fps = float("nan") if job.picture else FPS
    return Detected(
        values=values, world=values - 0.5, confidence=confidence.astype(np.float32), fps=fps, aspect=1.5, handedness=1.0
    )


class Told:
    """A workshop that keeps what it tells."""

    def __init__(self, **furniture) -> None:
        self.done: list[Done] = []
        self.outcomes: list[Outcome] = []
        self.workshop = replace(
            Workshop(bundles={}, progress=self.done.append, report=self._report, look=look), **furniture
        )

    def _report(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = list(outcomes)

    @property
    def why(self) -> dict[str, str]:
        return {one.id: one.failure.kind for one in self.outcomes if one.failure}

    @property
    def looked_at(self) -> list[str]:
        return [done.job.file.name for done in self.done]

    def read(self, data) -> Samples:
        self.done.clear()
        return read_source(data, self.workshop)


def write(path: Path, text: str = "hand 2") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
