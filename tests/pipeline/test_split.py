"""The split: groups stay whole, names win, blocks are contiguous."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.params import Prepare
from pipeline.split import PARTS, assign, freeze
from tests.factories import make_samples


def without(samples, label: str, group: str):
    """Drops one class of one group."""
    gone = (samples.target == samples.class_names.index(label)) & (samples.group == group)
    return samples.select(np.flatnonzero(~gone))


@settings(max_examples=40, deadline=None)
@given(
    num_groups=st.integers(1, 12),
    test_share=st.floats(0, 0.9),
    val_share=st.floats(0, 0.9),
    val_from=st.sampled_from(["groups", "blocks"]),
    seed=st.integers(0, 99),
)
def test_every_clip_is_in_one_part_and_groups_stay_whole(num_groups, test_share, val_share, val_from, seed):
    samples = make_samples(num_groups=num_groups, clips=3)
    prepare = Prepare(test_share=test_share, val_share=val_share, val_from=val_from, seed=seed)
    split = assign(samples, prepare)
    assert sorted(np.concatenate([split.train, split.val, split.test]).tolist()) == list(range(len(samples)))
    assert min(len(split.train), len(split.val), len(split.test)) > 0
    if num_groups >= 3:
        assert not set(split.groups["test"]) & {*split.groups["train"], *split.groups["val"]}
        if val_from == "groups":
            assert not split.shared_groups
        else:
            assert split.shared_groups == split.groups["train"] == split.groups["val"]
    else:
        assert split.shared_groups == split.groups["test"]


def test_groups_are_dealt_by_quota():
    split = assign(make_samples(num_groups=10), Prepare(test_share=0.3, val_share=0.2))
    assert [len(split.groups[part]) for part in PARTS] == [5, 2, 3]
    split = assign(make_samples(num_groups=3), Prepare(test_share=0.9, val_share=0.9))
    assert [len(split.groups[part]) for part in PARTS] == [1, 1, 1]


@pytest.mark.parametrize("val_from", ["groups", "blocks"])
def test_a_few_labelled_clips_of_each_class_train_and_the_others_of_their_groups_rest(val_from: str):
    samples = make_samples(num_groups=8, clips=3)
    whole = assign(samples, Prepare(val_from=val_from))
    split = assign(samples, Prepare(val_from=val_from, labelled=2))
    few = [np.bincount(samples.target[part], minlength=len(samples.class_names)) for part in (split.train, split.val)]
    assert all((counts == 2).all() for counts in few)
    assert sorted([*split.train, *split.rest]) == whole.train.tolist()
    assert set(split.val) < set(whole.val)
    assert split.test.tolist() == whole.test.tolist()
    assert not len(whole.rest)


def test_another_seed_draws_other_labelled_clips_of_the_same_parts():
    samples = make_samples(num_groups=8, clips=3)
    named = {"test": ("s00",), "val": ("s01",)}
    assert set(named["test"] + named["val"]) <= set(samples.group)
    splits_of = [assign(samples, Prepare(**named, labelled=2, seed=seed)) for seed in (0, 0, 1)]
    trained = [split.train.tolist() for split in splits_of]
    assert trained[0] == trained[1] != trained[2]


def test_the_seed_chooses_other_groups():
    samples = make_samples(num_groups=20, classes="A", clips=1)
    chosen = {assign(samples, Prepare(seed=seed)).groups["test"] for seed in range(5)}
    assert len(chosen) == 5


def test_a_new_group_moves_at_most_one_test_group():
    for count in range(10, 14):
        before = assign(make_samples(num_groups=count, classes="A"), Prepare(test_share=0.2)).groups
        after = assign(make_samples(num_groups=count + 1, classes="A"), Prepare(test_share=0.2)).groups
        assert len(set(before["test"]) - set(after["test"])) <= 1
        assert not set(before["val"]) & set(after["test"])


def test_named_groups_win():
    samples = make_samples(num_groups=5)
    split = assign(samples, Prepare(test=("s04", "s02"), val=("s00",)))
    assert split.groups == {"train": ("s01", "s03"), "val": ("s00",), "test": ("s02", "s04")}
    assert set(samples.group[split.test]) == {"s02", "s04"}
    split = assign(make_samples(num_groups=2), Prepare(test=("s01",)))
    assert split.groups == {"train": ("s00",), "val": ("s00",), "test": ("s01",)}


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (Prepare(test=("s9",)), r"prepare\.test: unknown group s9\. The samples have: s00, s01, s02"),
        (Prepare(test=("s01",), val=("s01",)), "group s01 is named in both"),
        (Prepare(test=("s00", "s01"), val=("s02",)), "all 3 groups are named .* Leave one to train on"),
    ],
)
def test_names_that_cannot_be_followed(prepare: Prepare, message: str):
    with pytest.raises(InputError, match=message):
        assign(make_samples(num_groups=3), prepare)


def test_under_three_groups_blocks_are_cut_in_stored_order():
    samples = make_samples(num_groups=1, classes="AB", clips=10)
    split = assign(samples, Prepare(test_share=0.2, val_share=0.1))
    assert split.test.tolist() == [8, 9, 18, 19]
    assert split.val.tolist() == [7, 17]
    assert split.shared_groups == ("s00",)


def test_validation_blocks_of_training_groups():
    samples = make_samples(num_groups=3, classes="A", clips=10)
    split = assign(samples, Prepare(test=("s02",), val_from="blocks", val_share=0.3))
    assert split.val.tolist() == [7, 8, 9, 17, 18, 19]
    assert split.test.tolist() == list(range(20, 30))


def test_too_few_clips_for_three_parts():
    with pytest.raises(InputError, match="no clip is left for val: 2 clips of 1 classes are too few"):
        assign(make_samples(num_groups=1, classes="A", clips=2), Prepare())


def test_a_class_with_one_clip_is_trained_on():
    samples = make_samples(num_groups=1, classes="AB", clips=3).select(np.array([0, 1, 2, 3]))
    split = assign(samples, Prepare())
    assert 3 in split.train
    assert split.unmeasured == ("B",)


def test_a_class_missing_from_train_is_an_error_and_from_test_is_listed():
    samples = make_samples(num_groups=3)
    prepare = Prepare(test=("s00",), val=("s01",))
    with pytest.raises(InputError, match=r"no training clip of class B; only test and val groups have it: s00, s01"):
        assign(without(samples, "B", "s02"), prepare)
    with pytest.raises(InputError, match="no training clip of class D; the samples have none"):
        assign(replace(samples, class_names=("A", "B", "C", "D")), prepare)
    assert assign(without(samples, "B", "s00"), prepare).unmeasured == ("B",)


@pytest.mark.parametrize(
    ("method", "weights"),
    [("none", {"A": 1, "B": 1}), ("balanced", {"A": 0.625, "B": 2.5}), ("sqrt", {"A": 5 / 6, "B": 5 / 3})],
)
def test_class_weights_have_mean_one_over_training_clips(method, weights):
    samples = make_samples(num_groups=3, classes="AB", clips=8)
    rows = np.flatnonzero((samples.group != "s02") | (samples.target == 0) | (np.arange(len(samples)) % 8 < 2))
    split = assign(samples.select(rows), Prepare(test=("s00",), val=("s01",), class_weights=method))
    assert len(split.train) == 10
    assert split.class_weights == pytest.approx(weights)


def test_freeze_returns_the_test_groups():
    samples = make_samples(num_groups=10)
    frozen = freeze(samples, Prepare())
    assert frozen == assign(samples, Prepare()).groups["test"]
    grown = assign(make_samples(num_groups=30), Prepare(test=frozen))
    assert grown.groups["test"] == frozen
    with pytest.raises(InputError, match=r"2 group.* nothing to freeze"):
        freeze(make_samples(num_groups=2), Prepare())


def test_round_trip_and_the_same_bytes(tmp_path: Path):
    split = assign(make_samples(num_groups=5), Prepare())
    for name in ("a.json", "b.json"):
        splits.write(tmp_path / name, split)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    again = splits.read(tmp_path / "a.json")
    for part in PARTS:
        np.testing.assert_array_equal(getattr(again, part), getattr(split, part))
        assert getattr(again, part).dtype == np.int64
    assert (again.class_weights, again.unmeasured, again.groups) == (
        split.class_weights,
        split.unmeasured,
        split.groups,
    )


def test_another_file_is_no_split(tmp_path: Path):
    (tmp_path / "split.json").write_text('{"train": []}')
    with pytest.raises(InputError, match=r"split\.json' is not a split"):
        splits.read(tmp_path / "split.json")
