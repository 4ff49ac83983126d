"""`signloop month --heal`: what it refuses before it plays, and which options mean nothing to it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.command import app
from pipeline.errors import InputError

HERE = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(HERE)


def test_a_picture_that_cannot_be_drawn_is_refused_at_once():
    answer = CliRunner().invoke(app, ["month", "--heal", "-o", "month.gif"])
    assert isinstance(answer.exception, InputError)
    assert answer.output == ""


def test_options_of_the_other_table_are_ignored_aloud():
    answer = CliRunner().invoke(app, ["month", "--heal", "--quiet", "3", "-o", "month.gif"])
    assert answer.output.splitlines() == ["--quiet means something only without --heal: ignored"]


def test_a_folder_that_holds_something_is_no_place_for_a_month(tmp_path):
    (tmp_path / "mine.txt").touch()
    answer = CliRunner().invoke(app, ["month", "--heal", "--folder", str(tmp_path)])
    assert isinstance(answer.exception, InputError)
    assert "not empty" in str(answer.exception)
