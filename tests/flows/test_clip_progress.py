"""What a person is told while clips are looked at: on a terminal, and in a log."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from flows import clip_progress
from pipeline.detect.detected import Detected, Failure
from pipeline.detect.workshop import Done, Job
from pipeline.params import Detection

NOTHING = np.zeros((1, 21, 3), np.float32)
GOOD = Detected(values=NOTHING, world=NOTHING, confidence=np.zeros((1, 1), np.float32), fps=25.0, aspect=1.0)
BAD = Failure("corrupt", "no decoder takes it")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tell(
    monkeypatch: pytest.MonkeyPatch, total: int, *, seconds: float, finished: int = 0, terminal: bool = False
) -> str:
    """Returns what is shown of clips that take so many seconds each, every fourth of which fails."""
    file, clock = io.StringIO(), Clock()
    monkeypatch.setattr(
        clip_progress, "console", Console(file=file, force_terminal=terminal, width=200, color_system=None)
    )
    job = Job(file=Path("a.mp4"), content="", detection=Detection(), bundles={})
    with clip_progress.clips("extract letters", clock=clock) as told:
        for number in range(1, total + 1):
            clock.now += seconds
            told(Done(job=job, result=GOOD if number % 4 else BAD, done=number, total=total, finished=finished))
    return file.getvalue()


def test_a_log_gets_ten_lines_of_a_thousand_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tell(monkeypatch, 1000, seconds=0.04).splitlines()
    assert len(lines) == 10
    assert lines[4] == "extract letters: 500/1,000 clips, 25.0 clips a second, 125 failed, 0:00:20 left"
    assert lines[-1].endswith("0:00:00 left")


def test_a_log_of_slow_clips_gets_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tell(monkeypatch, 100, seconds=30).splitlines()
    assert len(lines) == 50
    assert lines[0] == "extract letters: 2/100 clips, 2.0 clips a minute, 0:49:00 left"


def test_what_was_finished_before_is_said_once_and_counts_for_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tell(monkeypatch, 3, seconds=1, finished=4000).splitlines()
    assert lines[0] == "extract letters: 4,000 clips were finished before"
    assert lines[-1] == "extract letters: 3/3 clips, 1.0 clips a second, 0:00:00 left"


def test_a_terminal_gets_a_bar_and_nothing_where_nothing_was_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = tell(monkeypatch, 1000, seconds=0.04, terminal=True)
    assert "1,000/1,000" in shown
    assert "25.0 clips a second, 250 failed" in shown
    assert "500/1,000 clips" not in shown
    assert tell(monkeypatch, 0, seconds=1, terminal=True) == ""
