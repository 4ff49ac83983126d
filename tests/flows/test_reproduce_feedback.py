"""A version that learned from corrections is made again with these, and with no others."""

from pathlib import Path

import pytest

from flows.reproduce import lay_feedback
from pipeline.errors import InputError
from pipeline.files import sha256, write_text
from registry.versions import Version

VERSION = Version(track="letters", number=4, tags={}, aliases=(), run_id="", source="")


def test_the_same_corrections_are_laid_and_others_refused(tmp_path: Path) -> None:
    root, project = tmp_path / "root", tmp_path / "project"
    trained = root / "feedback" / "letters" / "trained.h5"
    write_text(trained, "clips")
    lay_feedback(root, project, VERSION, None)
    assert not project.exists()
    lay_feedback(root, project, VERSION, {"trained": 3, "sha256": sha256(trained)})
    assert (project / "feedback" / "letters" / "trained.h5").read_text() == "clips"
    write_text(trained, "more clips")
    with pytest.raises(InputError, match="version 4 of 'letters' learned from corrections"):
        lay_feedback(root, tmp_path / "other", VERSION, {"trained": 3, "sha256": "0" * 64})
    with pytest.raises(InputError, match="no longer holds"):
        lay_feedback(tmp_path / "empty", tmp_path / "other", VERSION, {"recent": 3})
