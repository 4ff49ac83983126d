import gc
import threading
from pathlib import Path

import pytest

from serving.answering.lineup import Lineup, falls
from serving.answering.served import Served
from serving.problems import ProblemError
from tests.serving.factories import served


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> list[Served]:
    folder = tmp_path_factory.mktemp("models")
    return [served(folder, number, version=number) for number in range(8)]


def lineup(production: Served | None = None, candidate: Served | None = None, max_pinned: int = 2) -> Lineup:
    made = Lineup("letters", max_pinned)
    made.production, made.candidate = production, candidate
    return made


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9])
def test_a_share_of_clients_falls_to_the_candidate(models, share):
    both = lineup(models[0], models[1])
    chosen = [both.choose(f"client {i}", "", share)[1] for i in range(10_000)]
    spread = 4 * (10_000 * share * (1 - share)) ** 0.5
    assert abs(chosen.count("canary") - 10_000 * share) < spread


def test_a_client_stays_with_its_version_while_the_share_grows(models):
    both = lineup(models[0], models[1])
    for share in (0.1, 0.3):
        for client in map(str, range(200)):
            first = both.choose(client, "a", share)
            assert all(both.choose(client, id, share) == first for id in "bcd")
    small, large = ({c for c in range(500) if falls(str(c), "canary letters", s)} for s in (0.1, 0.3))
    assert small < large


def test_who_has_no_name_falls_by_the_request(models):
    both = lineup(models[0], models[1])
    roles = {both.choose("", str(id), 0.5)[1] for id in range(100)}
    assert roles == {"canary", "production"}


@pytest.mark.parametrize("status", ["refused", "not enough evidence", "not comparable", ""])
def test_a_candidate_that_did_not_pass_answers_nobody(models, tmp_path, status):
    both = lineup(models[0], served(tmp_path, 1, version=1, status=status))
    assert both.choose("ada", "", 1.0) == (models[0], "production")
    assert both.shadow("id", 1.0, models[0]) is both.candidate  # in the shadow it may


def test_shares_of_all_and_none(models):
    both = lineup(models[0], models[1])
    assert {both.choose(str(i), "", 1.0)[1] for i in range(50)} == {"canary"}
    assert {both.choose(str(i), "", 0.0)[1] for i in range(50)} == {"production"}
    assert both.shadow("id", 0.0, models[0]) is None


def test_a_candidate_that_answered_has_no_shadow(models):
    both = lineup(models[0], models[1])
    assert both.shadow("id", 1.0, models[1]) is None
    assert lineup(models[0]).shadow("id", 1.0, models[0]) is None


def test_without_production_nobody_answers_and_it_is_said_why():
    empty = lineup()
    empty.refused[4] = "version 4 gives NaN"
    with pytest.raises(ProblemError, match="version 4 gives NaN") as problem:
        empty.choose("ada", "", 0.0)
    assert problem.value.status == 503
    assert int(problem.value.headers["Retry-After"]) > 0


def test_pinned_versions_stand_side_by_side_and_the_longest_unused_goes(models):
    some, loaded = lineup(models[0], models[1]), []

    def pinned(number: int) -> int:
        return some.pinned(number, lambda: loaded.append(number) or models[number]).version

    assert [pinned(n) for n in (0, 1, 2, 3, 2)] == [0, 1, 2, 3, 2]
    assert loaded == [2, 3]  # Production and candidate stand already
    assert pinned(4) == 4
    assert [s.version for s in some.standing] == [0, 1, 2, 4]
    assert [pinned(n) for n in (2, 4, 3)] == [2, 4, 3]
    assert loaded == [2, 3, 4, 3]


def test_two_who_ask_for_a_version_at_once_load_it_once(models):
    some, loaded, started = lineup(models[0]), [], threading.Barrier(4)

    def load() -> Served:
        loaded.append(1)
        return models[5]

    def ask() -> None:
        started.wait(60)
        some.pinned(5, load)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == [1]


def test_a_version_drains_until_nobody_holds_it(tmp_path: Path):
    old, new = served(tmp_path, 0, version=1), served(tmp_path, 1, version=2)
    some = lineup(old)
    some.take_up("production", new)
    assert (some.draining, [s.version for s in some.standing]) == ([1], [2])
    del old
    gc.collect()
    assert some.draining == []


def test_a_version_that_comes_back_does_not_drain(models):
    some = lineup(models[0])
    for number in (1, 0):
        some.take_up("production", models[number])
    assert some.draining == [1]
