"""Stages note how long they took, also those that fail; the dashboard reads it."""

from pathlib import Path

import pytest

from flows.stage_times import NAME, noted
from serving.dashboard.runs import runs


def test_a_stage_leaves_a_note_however_it_ends(tmp_path: Path):
    with noted(tmp_path / "state", "train", "letters"):
        pass
    with pytest.raises(ValueError, match="broken"), noted(tmp_path / "state", "export", "letters"):
        raise ValueError("broken")
    (run,) = runs(tmp_path / "state" / NAME, "letters")
    assert [(one["stage"], one["outcome"]) for one in run["stages"]] == [("train", "done"), ("export", "failed")]
    assert run["outcome"] == "failed"
