"""Production moves while people ask: nobody is refused, and each answer is of the version that it names."""

import random

import pytest

from pipeline.params import Serve
from registry import moves
from tests.serving.answering.test_host import wait_for
from tests.serving.answering.test_journal import rows
from tests.serving.asking import crowd
from tests.serving.factories import serving, settings


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_no_request_fails_while_production_moves(store, tmp_path, count):
    rng, now = random.Random(0), 3
    made = settings(store, tmp_path, serve=Serve(follow_s=0.02, threads=2))
    with serving(made) as client, crowd(str(client.base_url)) as heard:
        for _ in range(count):
            state = moves.state_of(store, "letters")
            if rng.random() < 0.5 and state.previous is not None:
                now = moves.roll_back(store, "letters", expected=now, who="test").production
            else:
                aim = rng.choice([number for number in (1, 2, 3) if number != now])
                now = moves.promote(store, "letters", aim, expected=now, who="test").production
            assert now
            wait_for(client, now)
            heard.wait(5)
        assert heard.failures == []
    assert {told["version"] for told, _ in heard.answers.values()} == {1, 2, 3}
    for told, missed_by in heard.answers.values():
        assert told["label"] == ("C" if told["version"] == missed_by + 1 else "B")
    logged = {row["id"]: (row["version"], row["label"]) for row in rows(tmp_path, "id, version, label")}
    assert logged == {id: (told["version"], told["label"]) for id, (told, _) in heard.answers.items()}
