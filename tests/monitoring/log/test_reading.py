"""Windows of the log as tables."""

from datetime import UTC

import numpy as np
import pandas as pd

from monitoring.log import feedback, reading
from monitoring.log.database import Database
from pipeline.contract import NO_HAND
from tests.monitoring.log.factories import NOON, make_entry, minutes, stored


def some(database: Database) -> None:
    """Ten answers a minute apart, put in another order; odd ones of version 4."""
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    stored(
        database,
        *[
            make_entry(id=str(i), time=minutes(i), version=3 + i % 2, figures={"scale": i / 10, "hand": "left"})
            for i in order
        ],
    )
    stored(database, make_entry(id="other", track="signs"))


def ids(table: pd.DataFrame) -> str:
    return "".join(table["id"])


def test_a_window_is_a_table_in_the_order_of_time_with_a_column_a_figure(database: Database) -> None:
    some(database)
    feedback.give(database, "4", "S", client="", who="ada", class_names=["S"])
    found = reading.read(database, "letters")
    assert ids(found) == "0123456789"
    assert list(found.columns) == [*reading.PLAIN, "margin", "truth", "scale", "hand"]
    np.testing.assert_allclose(found["scale"], np.arange(10) / 10)
    np.testing.assert_allclose(found["margin"], 0.5)
    assert found["time"][3] == minutes(3)
    assert str(found["time"].dt.tz) == "UTC"
    assert found["truth"].dropna().to_dict() == {4: "S"}
    assert ids(reading.read(database, "letters", since=minutes(2), until=minutes(5))) == "234"
    assert ids(reading.read(database, "letters", limit=3)) == "789"
    assert ids(reading.read(database, "letters", until=minutes(5), limit=2)) == "34"
    assert ids(reading.read(database, "letters", limit=99)) == "0123456789"
    assert ids(reading.read(database, "letters", since=minutes(2).astimezone(None))) == "23456789"


def test_a_window_streams_and_its_parts_are_the_whole(database: Database) -> None:
    some(database)
    parts = list(reading.chunks(database, "letters", size=4))
    assert [ids(part) for part in parts] == ["0123", "4567", "89"]
    joined = pd.concat(parts, ignore_index=True).astype({"label": str})
    pd.testing.assert_frame_equal(
        joined.drop(columns="truth"),
        reading.read(database, "letters").astype({"label": str}).drop(columns="truth"),
        check_categorical=False,
    )


def test_many_parts_with_other_labels_and_figures_make_one_table(database: Database) -> None:
    half = reading.CHUNK
    stored(database, *[make_entry(id=f"a{i}", label="A", figures={"scale": 1.0}) for i in range(half)])
    stored(database, *[make_entry(id=f"s{i}", label="S", figures={"jitter": 2.0}) for i in range(3)])
    found = reading.read(database, "letters")
    assert list(found["label"].cat.categories) == ["A", "S"]
    assert found["label"].value_counts().to_dict() == {"A": half, "S": 3}
    assert found["jitter"].notna().sum() == 3
    assert found["scale"].notna().sum() == half


def test_nothing_is_a_table_without_rows(database: Database) -> None:
    found = reading.read(database, "letters", limit=5)
    assert len(found) == 0
    assert list(found.columns) == [*reading.PLAIN, "margin", "truth"]
    assert list(reading.counts(database).columns) == ["track", "version", "role", "day", "predictions"]


def test_what_was_not_measured_is_missing(database: Database) -> None:
    nothing = {"confidence": None, "entropy": float("nan"), "uncertain": None, "top": ()}
    stored(database, make_entry(label=NO_HAND, figures={"scale": None}, **nothing))
    row = reading.read(database, "letters").iloc[0]
    assert row[["confidence", "entropy", "uncertain", "margin", "truth", "scale"]].isna().all()


def test_counts_are_by_track_version_role_and_day(database: Database) -> None:
    some(database)
    stored(database, make_entry(time=minutes(60 * 12), version=4), make_entry(role="shadow", of="1", version=5))
    found = reading.counts(database, "letters")
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        ("letters", 3, "production", "2026-05-01", 5),
        ("letters", 4, "production", "2026-05-01", 5),
        ("letters", 4, "production", "2026-05-02", 1),
        ("letters", 5, "shadow", "2026-05-01", 1),
    ]
    assert set(reading.counts(database)["track"]) == {"letters", "signs"}


def test_one_prediction_is_found_whole(database: Database) -> None:
    entry = make_entry(id="x", inputs=b"clip", until=minutes(5))
    stored(database, entry)
    found = reading.find(database, "x")
    assert found is not None
    assert found["time"] == NOON
    assert found["time"].tzinfo is UTC
    assert found["until"] == minutes(5)
    assert found["top"] == [["A", 0.7], ["S", 0.2], ["E", 0.1]]
    assert found["figures"] == entry.figures
    assert reading.find(database, "y") is None
