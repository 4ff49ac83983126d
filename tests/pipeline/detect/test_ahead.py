"""One thread ahead: same items, at most a few waiting, and gone afterwards."""

import threading
from collections.abc import Generator

import pytest

from pipeline.detect.ahead import ahead


def counting(made: list[int], closed: list[bool], fail_at: int | None = None) -> Generator[int, None, None]:
    try:
        for number in range(100):
            if number == fail_at:
                raise ValueError("the seventh")
            made.append(number)
            yield number
    finally:
        closed.append(True)


def waiting() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def test_all_items_come_in_order() -> None:
    closed: list[bool] = []
    with ahead(counting([], closed)) as items:
        assert list(items) == list(range(100))
    assert closed == [True]
    assert not waiting()


def test_no_more_than_a_few_are_made_ahead() -> None:
    made: list[int] = []
    with ahead(counting(made, []), size=3) as items:
        for number in items:
            assert len(made) <= number + 1 + 3 + 1  # this one, three that wait, one whose place was just freed


def test_leaving_early_ends_the_thread_and_closes_the_generator() -> None:
    closed: list[bool] = []
    with ahead(counting([], closed)) as items:
        assert next(items) == 0
    assert closed == [True]
    assert not waiting()


def test_an_error_of_the_user_ends_the_thread_too() -> None:
    closed: list[bool] = []
    with pytest.raises(ZeroDivisionError), ahead(counting([], closed)) as items:
        assert 1 / next(items)
    assert closed == [True]
    assert not waiting()


def test_what_an_item_raises_is_raised_where_it_would_be_taken() -> None:
    with ahead(counting([], [], fail_at=7)) as items:
        taken = [next(items) for _ in range(7)]
        with pytest.raises(ValueError, match="the seventh"):
            next(items)
    assert taken == list(range(7))
    assert not waiting()
