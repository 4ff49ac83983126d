"""The registry moves, breaks and goes away under a lineup that follows it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from registry import versions
from registry.store import SQLITE, Store, open_store
from registry.versions import CANDIDATE, ONNX
from serving.answering import following
from serving.answering.following import Following
from serving.answering.lineup import Lineup
from tests.registry.ledgers import promote, roll_back
from tests.serving import broken


def followed(store: Store) -> tuple[Following, Lineup]:
    lineup = Lineup("letters", max_pinned=2)
    looks = Following(store, {"letters": lineup}, seconds=0.05, device="cpu")
    looks.look()
    return looks, lineup


def answering(lineup: Lineup) -> int | None:
    return lineup.production.version if lineup.production else None


def test_promotion_and_rollback_are_followed(store):
    looks, lineup = followed(store)
    assert (answering(lineup), lineup.candidate) == (3, None)  # the candidate is in Production itself
    roll_back(store)
    looks.look()
    assert (answering(lineup), lineup.candidate and lineup.candidate.version) == (2, 3)
    promote(store, 1)
    looks.look()
    assert answering(lineup) == 1
    before = lineup.production
    looks.look()
    assert lineup.production is before  # nothing is loaded anew where nothing moved


def test_a_version_that_stands_already_is_not_loaded_again(store):
    looks, lineup = followed(store)
    three = lineup.production
    roll_back(store)
    looks.look()
    assert lineup.candidate is three
    promote(store, 3)
    looks.look()
    assert (lineup.production, lineup.candidate) == (three, None)


def test_a_new_verdict_of_a_candidate_is_noticed(store):
    looks, lineup = followed(store)
    roll_back(store)
    versions.set_tags(store, versions.named(store, "letters", number=3), {"signloop.status": "refused"})
    looks.look()
    assert lineup.candidate
    assert (lineup.candidate.version, lineup.candidate.status) == (3, "refused")


def test_a_track_that_nobody_made_has_nobody_in_production(store):
    lineup = Lineup("words", max_pinned=2)
    looks = Following(store, {"words": lineup}, seconds=1, device="cpu")
    looks.look()
    assert (lineup.production, looks.trouble) == (None, None)


@pytest.mark.parametrize("change", [broken.not_a_number, broken.for_long_clips, broken.no_model])
def test_the_old_version_goes_on_where_the_new_one_fails_its_check(store, tmp_path, change):
    looks, lineup = followed(store)
    number = broken.register(store, tmp_path / "changed", change)
    promote(store, number)
    looks.look()
    assert (answering(lineup), list(lineup.refused), looks.trouble) == (3, [number], None)
    roll_back(store)
    looks.look()
    assert answering(lineup) == 3


def test_a_file_that_is_put_right_is_served_in_the_end(store, tmp_path, monkeypatch):
    monkeypatch.setattr(following, "PATIENCE_LOOKS", 2)
    monkeypatch.setattr(following, "SURE_LOOKS", 1)
    looks, lineup = followed(store)
    number = broken.register(store, tmp_path / "copy", lambda path: None)
    with versions.files(store, versions.named(store, "letters", number=number)) as folder:
        model = folder / ONNX
        right = model.read_bytes()
        model.write_bytes(right + b"\0")
        promote(store, number)
        looks.look()
        model.write_bytes(right)
    for _ in range(2):
        looks.look()
        assert (answering(lineup), list(lineup.refused)) == (3, [number])  # a large file is not read at every look
    looks.look()
    assert (answering(lineup), lineup.refused) == (number, {})


@contextmanager
def away(store: Store) -> Iterator[Path]:
    """Takes the registry's database away for the block's length; what comes back is another file."""
    there = Path(store.tracking_uri.removeprefix(SQLITE))
    beside = there.with_name("away.db")
    there.rename(beside)
    yield beside
    assert not there.exists(), "a registry was made anew"
    shutil.copyfile(beside, there)


def test_while_the_registry_is_away_the_old_version_answers(store):
    looks, lineup = followed(store)
    three = lineup.production
    with away(store):
        looks.look()
        assert looks.trouble
        assert "there is no registry" in looks.trouble[0]
        since = looks.trouble[1]
        looks.look()
        assert looks.trouble
        assert looks.trouble[1] == since
        assert lineup.production is three
    looks.look()
    assert (looks.trouble, lineup.production) == (None, three)


def test_what_moved_while_the_registry_was_away_is_followed(store):
    looks, lineup = followed(store)
    elsewhere = Store(store.tracking_uri.replace("mlflow.db", "elsewhere.db"), store.artifacts)
    with away(store) as beside:
        looks.look()
        shutil.copyfile(beside, elsewhere.tracking_uri.removeprefix(SQLITE))
        roll_back(elsewhere)
        shutil.copyfile(elsewhere.tracking_uri.removeprefix(SQLITE), beside)
    looks.look()
    assert (answering(lineup), looks.trouble) == (2, None)


def test_a_database_that_is_none_is_trouble_and_no_end(store):
    looks, lineup = followed(store)
    path = Path(store.tracking_uri.removeprefix(SQLITE))
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 1000)
    looks.look()
    assert looks.trouble
    assert answering(lineup) == 3
    path.write_bytes(whole)
    looks.look()
    assert looks.trouble is None


def test_an_alias_that_is_gone_is_followed_too(store):
    looks, lineup = followed(store)
    roll_back(store)
    looks.look()
    open_store(store).delete_registered_model_alias("letters", CANDIDATE)
    looks.look()
    assert (answering(lineup), lineup.candidate) == (2, None)
