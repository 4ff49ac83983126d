"""Corrected clips beside a source: who is trained on, who never is, and a test set that nothing of it moves."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.feedback import CLIENT, RECENT, TRAINED, joined, never_trained_on
from pipeline.files import read_json, write_json
from pipeline.params import Prepare
from pipeline.prepare import prepare
from pipeline.samples import Samples
from tests.factories import make_samples

CLIENTS = [f"{number:032x}" for number in range(2000)]


def feedback_of(*clients: str, seed: int = 7, classes: str = "ABC") -> Samples:
    made = make_samples(num_groups=len(clients), clips=1, seed=seed, classes=classes)
    names = dict(zip(sorted(set(made.group)), clients, strict=True))
    ids = [f"{names[group]}-{id[4:]}" for group, id in zip(made.group, made.id, strict=True)]
    groups = np.asarray([names[group] for group in made.group], object)
    return replace(made, group=groups, id=np.asarray(ids, object))


def written(folder: Path, trained: Samples | None, recent: Samples | None = None) -> Path:
    for name, samples in ((TRAINED, trained), (RECENT, recent)):
        if samples is not None:
            store.write(folder / name, samples)
    return folder


def test_a_share_of_clients_is_never_trained_on_for_ever() -> None:
    chosen = {client for client in CLIENTS if never_trained_on(client, 0.2)}
    assert 320 < len(chosen) < 480
    assert chosen < {client for client in CLIENTS if never_trained_on(client, 0.3)}
    assert not any(never_trained_on(client, 0.0) for client in CLIENTS)
    assert not never_trained_on("", 0.999)
    # Written down: another hash would train on people whom a model in Production was compared on.
    assert [i for i in range(30) if never_trained_on(CLIENTS[i], 0.2)] == [7, 9, 11, 27, 28]


def test_feedback_stands_behind_the_source_under_names_of_its_own(tmp_path: Path) -> None:
    source = make_samples(num_groups=3)
    found = joined(source, written(tmp_path, feedback_of("aa", "s00"), feedback_of("bb", seed=8)))
    assert len(found) == len(source) + 9
    assert found.group[: len(source)].tolist() == source.group.tolist()
    assert sorted(set(found.group[len(source) :])) == [f"{CLIENT}aa", f"{CLIENT}bb", f"{CLIENT}s00"]
    assert found.recent == (f"{CLIENT}bb",)
    np.testing.assert_array_equal(found.clip(len(source)), feedback_of("aa", "s00").clip(0))
    store.write(tmp_path / "samples.h5", found)  # ids are unique, and all that the store promises holds
    assert store.read(tmp_path / "samples.h5").recent == found.recent
    assert found.provenance["feedback"].keys() == {"trained", "recent", "sha256"}


def test_without_feedback_nothing_changes(tmp_path: Path) -> None:
    source = make_samples()
    assert joined(source, tmp_path / "none") is source


def test_labels_follow_the_sources_classes_and_unknown_ones_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_samples(classes="BC")
    with caplog.at_level(logging.WARNING):
        found = joined(source, written(tmp_path, feedback_of("aa")))
    assert found.target[len(source) :].tolist() == [0, 1]
    assert found.provenance["feedback_left_out"] == {"the source has no such class: A": 1}
    assert "1 clip(s) left out" in caplog.text


def test_what_cannot_join_says_why(tmp_path: Path) -> None:
    written(tmp_path, feedback_of("aa"))
    with pytest.raises(InputError, match="holds points of 'hand', the source those of 'holistic'"):
        joined(replace(make_samples(), form="holistic"), tmp_path)
    source = make_samples()
    with pytest.raises(InputError, match="begin with 'client:'"):
        joined(replace(source, group=np.asarray([f"{CLIENT}x"] * len(source), object)), tmp_path)


def test_the_further_values_of_a_source_are_unknown_of_feedback(tmp_path: Path) -> None:
    source = make_samples(num_groups=3)
    source = replace(source, rows={"confidence": np.ones((len(source.values), 2), np.float32)})
    found = joined(source, written(tmp_path, feedback_of("aa")))
    assert found.rows["confidence"].shape == (len(found.values), 2)
    assert np.isnan(found.rows["confidence"]).all(1).sum() == 3


def test_no_feedback_moves_the_test_set_or_validation(tmp_path: Path) -> None:
    source = make_samples(num_groups=8)
    clients = [f"{i:02}" for i in range(30)]
    found = joined(source, written(tmp_path, feedback_of(*clients), feedback_of("r1", "r2", seed=9)))
    before, after = splits.assign(source, Prepare()), splits.assign(found, Prepare())
    np.testing.assert_array_equal(before.test, after.test)
    np.testing.assert_array_equal(before.val, after.val)
    assert {f"{CLIENT}{client}" for client in clients} <= set(after.groups["train"])
    assert after.groups["recent"] == (f"{CLIENT}r1", f"{CLIENT}r2")
    assert not set(after.recent) & {*after.train, *after.val, *after.test, *after.rest}
    assert len(after.recent) == 6


def test_blocks_are_cut_from_the_sources_groups_alone(tmp_path: Path) -> None:
    found = joined(make_samples(num_groups=1, clips=6), written(tmp_path, feedback_of("aa"), feedback_of("bb", seed=8)))
    split = splits.assign(found, Prepare())
    assert set(found.group[[*split.val, *split.test]]) == {"s00"}


def test_a_client_is_no_group_to_test_on(tmp_path: Path) -> None:
    found = joined(make_samples(), written(tmp_path, feedback_of("aa")))
    with pytest.raises(InputError, match="unknown group client:aa"):
        splits.assign(found, Prepare(test=(f"{CLIENT}aa",)))


def test_a_split_without_recent_clips_is_written_as_before_and_one_with_them_is_read(tmp_path: Path) -> None:
    source = make_samples(num_groups=5)
    splits.write(tmp_path / "old.json", splits.assign(source, Prepare()))
    assert "recent" not in read_json(tmp_path / "old.json")
    assert splits.read(tmp_path / "old.json").parts == ("train", "val", "test")
    found = joined(source, written(tmp_path / "f", None, feedback_of("r1")))
    split = splits.assign(found, Prepare())
    splits.write(tmp_path / "new.json", split)
    again = splits.read(tmp_path / "new.json")
    np.testing.assert_array_equal(again.recent, split.recent)
    assert again.groups == split.groups
    cut = read_json(tmp_path / "new.json")
    del cut["groups"]["recent"]
    write_json(tmp_path / "cut.json", cut)
    with pytest.raises(InputError, match="is not a split"):
        splits.read(tmp_path / "cut.json")


def test_copies_give_way_and_no_retraining_fails_of_them(tmp_path: Path) -> None:
    """One client sends a test clip and one of another client's; a recent client sends a training clip."""
    source = make_samples(num_groups=6)
    split = splits.assign(source, Prepare())

    def sent(client: str, *clips: int) -> Samples:
        chosen = source.select(np.asarray(clips))
        ids = np.asarray([f"{client}{i}" for i in range(len(clips))], object)
        return replace(chosen, group=np.asarray([client] * len(clips), object), id=ids)

    feedback = written(
        tmp_path / "f", sent("aa", int(split.test[0]), int(split.train[0])), sent("rr", int(split.train[1]))
    )
    store.write(tmp_path / "samples.h5", joined(source, feedback))
    prepare(Prepare(), samples=tmp_path / "samples.h5", out=tmp_path / "out")
    found, made = read_json(tmp_path / "out" / "audit.json"), splits.read(tmp_path / "out" / "split.json")
    assert found["feedback"] == {"train": 1, "rest": 0, "recent": 0, "copies": 2}
    assert found["leakage"]["share"] == 0
    assert any(warning.startswith("2 corrected clip(s) repeat others") for warning in found["warnings"])
    assert len(source) + 1 in made.train  # of a training clip another client may send a copy
    assert len(source) not in {*made.train, *made.rest}


def test_the_audit_counts_recent_clips_and_what_is_like_them_in_train(tmp_path: Path) -> None:
    found = joined(make_samples(num_groups=6), written(tmp_path / "f", feedback_of("aa"), feedback_of("r1", seed=8)))
    store.write(tmp_path / "samples.h5", found)
    prepare(Prepare(), samples=tmp_path / "samples.h5", out=tmp_path / "out")
    audit = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert audit["clips"]["recent"] == 3
    assert audit["leakage"]["recent_in_train"] == {"clips": 3, "exact": 0, "near": 0, "similar": 0}
    page = (tmp_path / "out" / "audit.md").read_text(encoding="utf-8")
    assert "3 recent" in page
    assert "| recent in train | 3 | 0 | 0 |" in page
