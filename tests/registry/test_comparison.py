"""Two versions on common clips, by numbers that one counts by hand."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from registry.comparison import compare
from registry.store import Store
from registry.versions import named
from tests.registry.factories import every, make_track, never


def test_the_paired_difference_over_all_by_class_and_by_group(store: Store, tmp_path: Path) -> None:
    """Of 60 clips a group the candidate misses none, the other each fifth; clip 0, 15, 30, 45 of them are an A."""
    make_track(tmp_path / "worse", misses={"fp32": every(5)}, model=1, others={0: never}).promote(store)
    make_track(tmp_path / "good", misses={"fp32": never}, others={1: every(5)}).promote(store)
    found = compare(store, named(store, "letters", number=2), named(store, "letters", number=1))
    whole = found.whole
    assert (whole.clips, whole.candidate, whole.against) == (720, 1.0, pytest.approx(0.8))
    assert whole.low is not None
    assert whole.high is not None
    assert whole.low < 0.2 < whole.high
    assert [one.name for one in found.classes] == ["A", "B", "C"]
    assert found.classes[0].clips == 240
    assert found.classes[0].against == pytest.approx(0.8)
    assert [one.name for one in found.groups] == [f"test{g:02d}" for g in range(12)]
    assert found.groups[0].clips == 60
    back = compare(store, named(store, "letters", number=1), named(store, "letters", number=2)).whole
    assert (back.low, back.high) == (pytest.approx(-whole.high), pytest.approx(-whole.low))
    assert found.notes == ("720 clips of 12 groups",)


def test_only_shared_clips_are_compared_and_counted(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}, groups=12).promote(store)
    make_track(tmp_path / "b", misses={"fp32": never}, model=1, groups=3, classes=("A", "B")).promote(store)
    found = compare(store, named(store, "letters", number=2), named(store, "letters", number=1))
    assert found.notes == (  # of six clips in a row, two are an A and a B in both
        "60 clips of 3 groups; they were tested on 180 and 720",
        "left out: 120 shared clips that are labelled otherwise by now",
        "their sample stores differ: clips are matched by their ids",
    )


def test_no_shared_clip_is_said(store: Store, tmp_path: Path) -> None:
    make_track(tmp_path / "a", misses={"fp32": never}, groups=1).promote(store)
    make_track(tmp_path / "b", misses={"fp32": never}, model=1, groups=2, learned=("x", "test00")).promote(store)
    with pytest.raises(InputError, match=r"tested on no common clip \(120 and 60 clips\)"):
        compare(store, named(store, "letters", number=2), named(store, "letters", number=1))
