"""Group commit: what is told is so, a bad put fails alone, and the writer lives."""

import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from monitoring.log.database import Database
from monitoring.log.writer import BusyError, Writer
from pipeline.errors import InputError, SignloopError, TransientError
from tests.monitoring.log.factories import NOON, address, make_entry, opened, put


def rows(database: Database, query: str = "SELECT id FROM predictions ORDER BY number") -> list[Any]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_is_put_is_there_with_all_its_values(tmp_path: Path) -> None:
    entry = make_entry(confidence=float("nan"), figures={"jitter": float("nan"), "hand": "left"}, client="ab")
    with Writer.open(address(tmp_path)) as writer:
        assert put(writer, entry, make_entry(id="theirs", of=entry.id, role="shadow")) is None
    with closing(opened(tmp_path)) as database:
        assert rows(database) == [(entry.id,), ("theirs",)]
        assert rows(database, "SELECT confidence, figures, top, time, client FROM predictions")[0] == (
            None,
            '{"jitter":null,"hand":"left"}',
            '[["A",0.7],["S",0.2],["E",0.1]]',
            "2026-05-01 12:00:00.000000",
            "ab",
        )
        assert rows(database, "SELECT count(*) FROM kept_inputs") == [(0,)]


def test_inputs_are_kept_only_where_they_are_given(tmp_path: Path) -> None:
    with Writer.open(address(tmp_path)) as writer:
        put(writer, make_entry(), make_entry(id="kept", inputs=b"clip", until=NOON + timedelta(days=30)))
    with closing(opened(tmp_path)) as database:
        assert rows(database, "SELECT id, clip, until FROM kept_inputs") == [
            ("kept", b"clip", "2026-05-31 12:00:00.000000")
        ]


def test_puts_that_wait_share_a_commit_and_one_that_is_refused_fails_alone(database: Database) -> None:
    """The first put's callback holds the writer's thread, until all others wait."""
    told: dict[str, BaseException | None] = {}
    all_wait, ended = threading.Event(), threading.Event()
    with Writer(database) as writer:

        def hold(outcome: BaseException | None) -> None:
            told["first"] = outcome
            all_wait.wait(60)

        writer.put([make_entry(id="first")], hold)
        for name, ids in {"a": ["a"], "again": ["x", "first"], "twice": ["y", "y"], "b": ["b", "c"]}.items():
            writer.put([make_entry(id=id) for id in ids], lambda outcome, name=name: told.__setitem__(name, outcome))
        writer.put([make_entry(label="\ud800")], lambda outcome: told.__setitem__("unwritable", outcome))
        writer.put([], lambda _: ended.set())
        all_wait.set()
        assert ended.wait(60)
        assert put(writer, make_entry(id="later")) is None
    assert {name for name, outcome in told.items() if outcome is None} == {"first", "a", "b"}
    assert "request id 'first' is in the prediction log already" in str(told["again"])
    assert "request id 'y'" in str(told["twice"])
    assert all(isinstance(told[name], InputError) for name in ("again", "twice", "unwritable"))
    assert rows(database) == [(id,) for id in ("first", "a", "b", "c", "later")]


def test_a_queue_that_is_full_says_so_and_forgets_nothing(tmp_path: Path) -> None:
    go, told = threading.Event(), []
    with Writer(opened(tmp_path), max_entries=3, max_bytes=100) as writer:
        writer.put([make_entry(id="a")], lambda outcome: (told.append(outcome), go.wait(60)))
        with opened(tmp_path).reading() as connection:
            while connection.execute(text("SELECT count(*) FROM predictions")).scalar() == 0:
                connection.rollback()
        writer.put([make_entry(id="b", inputs=bytes(90), until=NOON), make_entry(id="c")], told.append)
        with pytest.raises(BusyError, match="2 predictions wait for the log"):
            writer.put([make_entry(), make_entry()], told.append)
        with pytest.raises(BusyError):
            writer.put([make_entry(inputs=bytes(20), until=NOON)], told.append)
        go.set()
    assert told == [None, None]
    with closing(opened(tmp_path)) as database:
        assert rows(database) == [("a",), ("b",), ("c",)]


def test_closing_stores_what_waits_and_takes_no_more(tmp_path: Path) -> None:
    told: list[BaseException | None] = []
    writer = Writer.open(address(tmp_path))
    for i in range(500):
        writer.put([make_entry(id=str(i))], told.append)
    writer.close()
    assert told == [None] * 500
    with pytest.raises(SignloopError, match="is closed"):
        writer.put([make_entry()], told.append)
    with closing(opened(tmp_path)) as database:
        assert rows(database, "SELECT count(*) FROM predictions") == [(500,)]


def test_a_callback_that_raises_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Writer.open(address(tmp_path)) as writer:
        writer.put([make_entry()], lambda _: 1 / 0)  # pyright: ignore[reportArgumentType]
        assert put(writer, make_entry()) is None
    assert "its caller could not be told" in caplog.text


def test_a_locked_database_is_told_and_the_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.log.database.BUSY_SECONDS", 0.05)
    with Writer.open(address(tmp_path)) as writer:
        with opened(tmp_path).writing():
            outcome = put(writer, make_entry(id="refused"))
        assert isinstance(outcome, TransientError)
        assert "locked by another process" in str(outcome)
        assert put(writer, make_entry(id="taken")) is None
        assert rows(writer.database) == [("taken",)]


def test_what_no_log_can_hold_is_refused_before() -> None:
    with pytest.raises(InputError, match="expected 1 to 64 of"):
        make_entry(id="a b")
    with pytest.raises(InputError, match="expected 1 to 64 of"):
        make_entry(id="a\n")
    with pytest.raises(InputError, match="expected a time with its zone"):
        make_entry(time=NOON.replace(tzinfo=None))
    with pytest.raises(InputError, match="kept for a bounded time"):
        make_entry(inputs=b"clip")
