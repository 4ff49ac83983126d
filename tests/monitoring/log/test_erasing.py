"""What is pruned and erased is gone, from the tables and from the disk, and what was made of it is named."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from monitoring.log import erasing, exporting, feedback, inputs, reading
from monitoring.log.database import Database
from monitoring.log.entry import Entry
from monitoring.log.tables import metadata
from monitoring.log.writer import Writer
from pipeline.errors import InputError
from pipeline.form import form
from tests.monitoring.log.factories import FIGURES, NOON, address, make_entry, minutes, opened, put, stored

CLIP = inputs.pack(np.full((2, 21, 3), 0.5, np.float32), form("hand"), aspect=1, fps=25, handedness=1)


def entry(id: str, minute: int = 0, client: str = "ada", until: int = 60) -> Entry:
    return make_entry(id=id, time=minutes(minute), client=client, inputs=CLIP, until=minutes(until))


def left(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        found = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in metadata.tables}
    return {name: count for name, count in found.items() if count}


def give(database: Database, id: str, client: str = "ada") -> None:
    feedback.give(
        database, id, "S", client=client, who=client, class_names=["S"], operator=client != "ada", note="seen"
    )


def test_prune_removes_what_is_past_its_time_and_no_more(database: Database) -> None:
    stored(database, entry("old", 0, until=90), entry("kept", 10, until=90), entry("past", 10, until=20))
    give(database, "old")
    give(database, "past")
    gone = erasing.prune(database, before=minutes(5), now=minutes(20))
    assert (gone.predictions, gone.inputs, gone.corrections) == (1, 2, 1)
    assert list(reading.read(database, "letters")["id"]) == ["kept", "past"]
    assert left(database) == {"predictions": 2, "kept_inputs": 1, "corrections": 1}
    gone = erasing.prune(database, before=None, now=minutes(20))
    assert (gone.predictions, gone.inputs, gone.wiped) == (0, 0, True)


def test_a_client_is_erased_whole_and_the_exports_with_it_are_named(database: Database, tmp_path: Path) -> None:
    count = erasing.ROWS + 20  # more than a transaction takes
    stored(database, *[entry(f"a{i}") for i in range(count)], entry("b", client="bo"))
    stored(database, make_entry(id="shadow", role="shadow", of="a3", client="ada"))
    give(database, "a0")
    give(database, "b", "ada2")
    one = exporting.export(database, "letters", tmp_path / "one.parquet")
    give(database, "a1")
    two = exporting.export(database, "letters", tmp_path / "two.parquet")
    found = erasing.matching(database, client=["ada"])
    assert (found.predictions, found.inputs, found.corrections) == (count + 1, count, 2)
    assert [export.sha256 for export in found.exports] == [one.sha256, two.sha256]
    gone = erasing.erase(database, client=["ada"])
    assert (gone.predictions, gone.inputs, gone.corrections, gone.wiped) == (count + 1, count, 2, True)
    assert [(export.sha256, export.clips, export.erased) for export in gone.exports] == [
        (one.sha256, 2, 1),
        (two.sha256, 3, 2),
    ]
    assert left(database) == {"predictions": 1, "kept_inputs": 1, "corrections": 1, "exports": 2, "exported": 2}
    assert erasing.erase(database, client=["ada"]).exports == [], "they are counted once"
    assert sorted(export.erased for export in exporting.listed(database)) == [1, 2]


def test_exports_are_named_also_when_the_predictions_are_long_pruned(database: Database, tmp_path: Path) -> None:
    stored(database, entry("a"), entry("b", client="bo"))
    give(database, "a")
    give(database, "b", "operator")
    exporting.export(database, "letters", tmp_path / "one.parquet")
    erasing.prune(database, before=minutes(100), now=NOON)
    assert left(database) == {"exports": 1, "exported": 2}
    assert [export.erased for export in erasing.erase(database, client=["ada"]).exports] == [1]
    assert [export.erased for export in erasing.erase(database, id="b").exports] == [2]
    assert left(database) == {"exports": 1}


def test_an_id_is_erased_with_its_shadows_and_a_time_with_all_before_it(database: Database, tmp_path: Path) -> None:
    stored(database, entry("a", 0), entry("b", 1), entry("c", 2), make_entry(id="s", role="shadow", of="b"))
    give(database, "a")
    give(database, "b")
    exporting.export(database, "letters", tmp_path / "one.parquet")
    gone = erasing.erase(database, id="b")
    assert (gone.predictions, gone.inputs, gone.corrections, len(gone.exports)) == (2, 1, 1, 1)
    gone = erasing.erase(database, before=minutes(2))
    assert (gone.predictions, [export.erased for export in gone.exports]) == (1, [2])
    assert list(reading.read(database, "letters")["id"]) == ["c"]


def test_what_an_erased_client_said_of_others_answers_stays_without_a_name(database: Database) -> None:
    stored(database, entry("b", client="bo"))
    give(database, "b", "operator")
    erasing.erase(database, client=["operator"])
    (said,) = feedback.history(database, "b")
    assert (said.label, said.client, said.who, said.note) == ("S", "", "", "")


def test_one_thing_to_erase_by_is_needed(database: Database) -> None:
    with pytest.raises(InputError, match="Give exactly one"):
        erasing.erase(database)
    with pytest.raises(InputError, match="Give exactly one"):
        erasing.erase(database, id="a", client=["ada"])


@pytest.mark.parametrize("count", [20, 600])  # all still in the -wal file, and most no longer
def test_nothing_of_an_erased_client_is_left_in_the_files(tmp_path: Path, count: int) -> None:
    """Rows of two clients interleaved, so that pages are split and shared; inputs spill over several pages."""
    secret, public = b"sharon-was-here", b"others-remain"
    with closing(opened(tmp_path)) as database, Writer.open(address(tmp_path)) as writer:
        for start in range(0, count, count // 10):
            entries = [
                make_entry(
                    id=f"{(i * 7919) % 1000:03}",
                    client="sharon" if i % 2 else "bo",
                    label=(secret if i % 2 else public).decode(),
                    figures=FIGURES,
                    inputs=(secret if i % 2 else public) * 900,
                    until=NOON,
                )
                for i in range(start, start + count // 10)
            ]
            assert put(writer, *entries) is None
        assert files(tmp_path, "-wal").count(secret) > 100
        gone = erasing.erase(database, client=["sharon"])
        assert (gone.predictions, gone.inputs, gone.wiped) == (count // 2, count // 2, True)
        found = files(tmp_path)
        assert (found.count(secret), found.count(b"sharon")) == (0, 0)
        assert found.count(public) > 100


def test_a_reader_that_keeps_the_old_pages_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.log.database.BUSY_SECONDS", 0.05)
    with closing(opened(tmp_path)) as database:
        stored(database, make_entry(id="a"))
        with database.reading() as connection:
            connection.execute(text("SELECT count(*) FROM predictions")).all()
            assert erasing.erase(database, id="a").wiped is False
        assert erasing.prune(database, before=None, now=NOON).wiped is True


def files(folder: Path, part: str = "*") -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob(f"predictions.db{part}")))
