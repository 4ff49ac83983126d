"""A project of its own: this tree's code, the parameters of the overlay, and nothing of the user's environment."""

from pathlib import Path

import pytest

from flows.month.healing.people import Plan
from flows.month.healing.play import OVERLAY, play
from flows.month.healing.project import lay
from pipeline import params
from pipeline.errors import InputError, SignloopError

HERE = Path(__file__).resolve().parents[4]


def test_it_has_one_track_and_the_rules_of_the_overlay(tmp_path):
    project = lay(HERE, tmp_path / "project", HERE / OVERLAY, "letters")
    written = params.read(project.root / "params.yaml")
    assert written == project.written
    assert list(written.tracks) == ["letters"]
    assert written.log.inputs
    assert written.policy.min_corrections == 0
    assert project.run("git", "status", "--short") == ""
    assert not (project.root / "dvc.lock").exists()


def test_what_leads_out_of_it_is_left_behind(tmp_path, monkeypatch):
    for name in ("SIGNLOOP_DATABASE_URL", "SIGNLOOP_API_KEYS", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.setenv(name, "elsewhere")
    project = lay(HERE, tmp_path / "project", HERE / OVERLAY, "letters")
    assert "elsewhere" not in project.variables.values()


def test_a_command_that_fails_says_its_last_words(tmp_path):
    project = lay(HERE, tmp_path / "project", HERE / OVERLAY, "letters")
    with pytest.raises(SignloopError, match=r"`git frobnicate`.*failed:\n.*frobnicate"):
        project.run("git", "frobnicate")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        lay(HERE, tmp_path, HERE / OVERLAY, "letters")


def test_people_cannot_be_made_up_for_recordings(tmp_path):
    overlay = HERE / "examples/letters_tables.yaml"
    with pytest.raises(InputError, match="expected synthetic_letters with `classes`, got landmark_table"):
        next(play(HERE, tmp_path / "project", plan=Plan(), overlay=overlay))
