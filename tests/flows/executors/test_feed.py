"""Jobs are handed out in order and a few at a time; what is put back comes last, and alone."""

from collections.abc import Sequence
from typing import overload

import pytest

from flows.executors.feed import Feed


class Counted(Sequence[int]):
    """A million jobs, of which one knows how many were looked at."""

    looked_at = 0

    def __len__(self) -> int:
        return 1_000_000

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        assert isinstance(index, int)
        self.looked_at += 1
        return index


def test_nothing_is_taken_beyond_the_room_there_is() -> None:
    jobs = Counted()
    feed = Feed(jobs)
    taken = []
    while one := feed.take(at_work=len(taken), room=4):
        taken.append(one.number)
    assert taken == [0, 1, 2, 3]
    assert jobs.looked_at == 4


def test_a_suspect_waits_until_all_else_is_done_and_nothing_is_at_work() -> None:
    feed = Feed(["a", "b", "c"])
    first = feed.take(at_work=0, room=2)
    assert first is not None
    feed.again(first)
    assert [one.job for one in (feed.take(at_work=n, room=9) for n in range(2)) if one] == ["b", "c"]
    assert feed
    assert feed.take(at_work=1, room=9) is None
    alone = feed.take(at_work=0, room=9)
    assert alone is not None
    assert (alone.number, alone.job, alone.alone) == (0, "a", True)
    assert not feed


@pytest.mark.parametrize("jobs", [[], ()])
def test_no_jobs_are_none(jobs: Sequence[int]) -> None:
    assert not Feed(jobs)
    assert Feed(jobs).take(at_work=0, room=9) is None
