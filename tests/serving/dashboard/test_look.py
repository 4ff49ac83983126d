"""One look over a real registry and a real log, and what is said where something is missing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from monitoring.log.database import Database
from pipeline.errors import SignloopError
from registry.store import Store, local_store
from serving.dashboard.look import Dashboard
from tests.monitoring.log.factories import NOON, address, opened
from tests.serving.dashboard import scenes

PARTS = ("registry", "evaluation", "comparison", "runs", "traffic", "review", "drift")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory):
    with opened(tmp_path_factory.mktemp("log")) as database:
        scenes.fill(database, until=NOON, answers=600)
        yield database


def test_a_look_tells_of_every_part(shelf, log: Database):
    dashboard = Dashboard(shelf[0], ("letters",), log, looks=lambda database, track: scenes.looks(NOON))
    told = dashboard.look(NOON + timedelta(hours=1))
    (track,) = told["tracks"]
    assert (told["made"], track["track"]) == ("2026-05-01T13:00:00+00:00", "letters")
    assert not any("missing" in track[part] for part in PARTS)
    answering = track["registry"]["production"]
    assert (answering["version"], answering["status"], answering["by"]) == (2, "passed", "promote stage")
    assert (track["comparison"]["candidate"], track["comparison"]["against"]) == (2, 1)
    assert track["evaluation"]["version"] == 2
    assert track["traffic"]["answers"] == 600
    assert track["drift"]["looks"][-1]["cause"] == "detector"


def test_what_is_missing_is_said_in_its_place(tmp_path: Path, shelf):
    (track,) = Dashboard(shelf[0], ("signs",), "nothing is logged").look()["tracks"]
    assert (track["registry"]["production"], track["registry"]["versions"]) == (None, 0)
    assert "No version is registered yet" in track["evaluation"]["missing"]
    assert "Nothing is in Production yet" in track["comparison"]["missing"]
    assert {track[part]["missing"] for part in ("traffic", "review", "drift")} == {"nothing is logged"}


def test_a_registry_that_is_not_there_is_said_and_not_made(tmp_path: Path, log: Database):
    store = local_store(tmp_path / ".signloop")
    (track,) = Dashboard(store, ("letters",), log).look(NOON)["tracks"]
    for part in ("registry", "evaluation", "comparison", "runs"):
        assert "there is no registry at" in track[part]["missing"]
    assert track["traffic"]["answers"] == 600
    assert not (tmp_path / ".signloop").exists()


def test_a_log_that_breaks_while_the_page_is_open_is_said(tmp_path: Path, shelf):
    with opened(tmp_path) as database:
        dashboard = Dashboard(shelf[0], ("letters",), database)
        assert dashboard.look()["tracks"][0]["traffic"]["answers"] == 0
        other = create_engine(address(tmp_path))
        with other.begin() as connection:
            connection.execute(text("ALTER TABLE predictions RENAME COLUMN time TO moment"))
        other.dispose()
        (track,) = dashboard.look()["tracks"]
    assert "missing" in track["traffic"]
    assert track["registry"]["production"]["version"] == 2


def test_whoever_asks_at_once_is_given_the_same_look(shelf, log: Database):
    dashboard = Dashboard(shelf[0], ("letters",), log)
    assert dashboard.fresh() is dashboard.fresh()


def test_an_evaluation_is_read_once_a_version(shelf, log: Database):
    dashboard = Dashboard(shelf[0], ("letters",), log)
    first, second = (dashboard.look()["tracks"][0] for _ in range(2))
    assert first["evaluation"] is second["evaluation"]
    assert first["comparison"] is second["comparison"]


def test_times_are_written_with_their_zone(shelf: tuple[Store, object], log: Database):
    (track,) = Dashboard(shelf[0], ("letters",), log).look()["tracks"]
    since = datetime.fromisoformat(track["registry"]["production"]["since"])
    assert since.tzinfo is not None
    assert since < datetime.now(UTC)


def test_a_fault_of_our_own_is_not_hidden(shelf, log: Database):
    def broken(database: Database, track: str):
        raise KeyError(track)

    with pytest.raises(KeyError):
        Dashboard(shelf[0], ("letters",), log, looks=broken).look()

    def away(database: Database, track: str):
        raise SignloopError("the reports cannot be read. Mend them.")

    (track,) = Dashboard(shelf[0], ("letters",), log, looks=away).look()["tracks"]
    assert track["drift"] == {"missing": "the reports cannot be read. Mend them."}
