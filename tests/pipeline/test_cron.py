"""Cron expressions that Prefect takes, and what is said of others."""

import pytest

from pipeline.cron import well_formed


@pytest.mark.parametrize(
    "expression",
    ["0 3 * * 1", "*/15 * * * *", "0 0 1,15 * *", "0 9-17/2 * jan-mar Mon,wed", "59 23 31 12 7", "* * * * * */5"],
)
def test_taken(expression: str) -> None:
    assert well_formed(expression) == expression


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 3 * *", "expected five fields.*got 4"),
        ("", "got 0"),
        ("60 3 * * 1", "minute '60': expected .*0–59"),
        ("0 24 * * 1", "hour '24'"),
        ("0 3 0 * *", "day '0'"),
        ("0 3 * 13 *", "month '13': expected .*jan, feb"),
        ("0 3 * * someday", "weekday 'someday'"),
        ("0 17-9 * * *", "hour '17-9'"),
        ("*/0 * * * *", r"minute '\*/0'"),
        ("5/10 * * * *", "minute '5/10'"),
        ("0, * * * *", "minute '0,'"),
        ("@daily", "got 1"),
        ("0 3 * * R", "weekday 'R'"),
    ],
)
def test_refused_by_the_field_that_is_wrong(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        well_formed(expression)
