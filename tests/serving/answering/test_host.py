"""Who answers, over real HTTP: Production, a canary, a pinned version, a shadow; and what is said when nobody does."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from monitoring.log.database import Database
from pipeline.params import Log, Serve
from tests.registry.ledgers import promote, roll_back
from tests.serving import broken
from tests.serving.answering.test_journal import rows
from tests.serving.factories import clip, serving, settings


def ask(
    client: httpx.Client, label: int = 1, *, missed_by: int | None = None, who: str = "", **body: Any
) -> httpx.Response:
    sent = {"landmarks": clip(label, missed_by=missed_by).tolist(), **body}
    return client.post("/v1/letters/predict", json=sent, headers={"x-client-id": who} if who else {})


def said(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return response.json()


def wait_for(client: httpx.Client, production: int) -> dict[str, Any]:
    """Asks for health until a version is in Production."""
    while True:
        told = client.get("/v1/health").json()
        now = told["tracks"]["letters"]["production"]
        if now and now["version"] == production:
            return told
        threading.Event().wait(0.01)


def made(store, folder: Path, **serve: Any):
    return settings(store, folder, serve=Serve(**{"follow_s": 0.05, "threads": 1, **serve}))


def test_a_canary_answers_its_share_and_stays_with_a_client(store, tmp_path):
    roll_back(store)  # 2 in Production, 3 the candidate
    with serving(made(store, tmp_path, canary=0.5)) as client:
        first = {who: said(ask(client, who=who)) for who in map(str, range(40))}
        again = {who: said(ask(client, who=who)) for who in first}
        roles = Counter(told["role"] for told in first.values())
        assert {who: told["version"] for who, told in first.items()} == {who: t["version"] for who, t in again.items()}
        assert all(told["version"] == {"production": 2, "canary": 3}[told["role"]] for told in first.values())
        assert 5 < roles["canary"] < 35
        label = {2: "C", 3: "B"}  # version 2 takes this clip for the next class
        for who in first:
            told = said(ask(client, missed_by=1, who=who))
            assert told["label"] == label[told["version"]]
    logged = Counter((row["role"], row["version"]) for row in rows(tmp_path))
    assert logged.keys() == {("production", 2), ("canary", 3)}


def test_a_shadow_answers_into_the_log_alone(store, tmp_path):
    roll_back(store)
    with serving(made(store, tmp_path, shadow=1)) as client:
        told = [said(ask(client, missed_by=1, id=f"id{i}")) for i in range(10)]
        assert {(t["version"], t["role"], t["label"]) for t in told} == {(2, "production", "C")}
        assert said(ask(client, id="pinned", version=3))["role"] == "pinned"
    found = rows(tmp_path)
    shadows = {row["of"]: row for row in found if row["role"] == "shadow"}
    assert shadows.keys() == {f"id{i}" for i in range(10)}
    assert {(row["version"], row["label"]) for row in shadows.values()} == {(3, "B")}
    assert all(row["of"] is None for row in found if row["role"] != "shadow")
    assert not {row["id"] for row in shadows.values()} & {t["id"] for t in told}


def test_a_shadow_names_the_answer_that_it_follows_where_their_id_was_sent_before(store, tmp_path):
    roll_back(store)
    with serving(made(store, tmp_path, shadow=1)) as client:
        ids = [said(ask(client, id="same"))["id"] for _ in range(3)]
    assert sorted(row["of"] for row in rows(tmp_path) if row["role"] == "shadow") == sorted(ids)


def test_pinned_versions_answer_side_by_side(store, tmp_path):
    with serving(made(store, tmp_path, max_pinned=1)) as client:
        for _ in range(2):
            for version, role in ((1, "pinned"), (2, "pinned"), (3, "pinned")):
                told = said(ask(client, missed_by=0, version=version))
                assert (told["version"], told["role"]) == (version, role)
                assert told["label"] == ("C" if version == 1 else "B")
        health = client.get("/v1/health").json()["tracks"]["letters"]
        assert health["loaded"] == [3, 2]
        assert said(ask(client))["version"] == 3


def test_a_refused_version_is_in_health_and_the_old_one_answers(store, tmp_path):
    number = broken.register(store, tmp_path / "changed", broken.not_a_number)
    with serving(made(store, tmp_path)) as client:
        assert wait_for(client, 3)["tracks"]["letters"]["refused"] == []
        promote(store, number)
        while not (refused := client.get("/v1/health").json()["tracks"]["letters"]["refused"]):
            threading.Event().wait(0.01)
        assert refused[0]["version"] == number
        assert "NaN" in refused[0]["why"]
        assert client.get("/v2/health/ready").status_code == 200
        assert said(ask(client))["version"] == 3
        pinned = ask(client, version=number)
        assert (pinned.status_code, pinned.headers["content-type"]) == (503, "application/problem+json")
        roll_back(store)
        promote(store, 1)
        wait_for(client, 1)


def test_nothing_in_production_is_said_and_ready_is_not(store, tmp_path):
    with serving(settings(store, tmp_path, tracks=("words",))) as client:
        answer = client.post("/v1/words/predict", json={"landmarks": clip(1).tolist()})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "nothing is in Production" in answer.json()["detail"]
        assert client.get("/v2/health/ready").status_code == 503
        assert client.get("/v2/health/live").status_code == 200


def test_a_full_queue_is_refused_with_a_time_to_come_back(store, tmp_path):
    bounds = {"max_queue": 1, "max_batch": 256, "max_wait_ms": 1000}  # who waits for company fills the queue
    with serving(made(store, tmp_path, **bounds)) as client, ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: ask(client), range(8)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses.keys() == {200, 503}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert int(refused.headers["retry-after"]) > 0
    assert "wait to be answered" in refused.json()["detail"]
    assert len(rows(tmp_path)) == statuses[200]


def test_an_answer_that_cannot_be_logged_is_not_given(store, tmp_path):
    made_of = made(store, tmp_path)
    with serving(made_of) as client:
        said(ask(client))
        database = Database.open(made_of.database)
        with database.writing() as connection:
            connection.execute(text("ALTER TABLE predictions RENAME TO elsewhere"))
        answer = ask(client)
        assert answer.status_code == 503
        assert "letters" not in answer.text
        assert str(tmp_path) not in answer.text
        with database.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO predictions"))
        database.close()
        assert said(ask(client))["label"] == "B"


def test_without_a_log_it_answers_and_opens_none(store, tmp_path):
    with serving(settings(store, tmp_path, log=Log(predictions=False))) as client:
        assert said(ask(client))["label"] == "B"
    assert not (tmp_path / "predictions.db").exists()


def test_a_crowd_gets_each_its_own_answers_in_their_order(store, tmp_path):
    def one(number: int) -> tuple[list[str], list[str]]:
        labels = [(number + i) % 3 for i in range(1 + number % 4)]
        clips = [clip(label, frames=1 + (number + i) % 2).tolist() for i, label in enumerate(labels)]
        told = said(client.post("/v1/letters/predict", json={"clips": clips, "id": f"n{number}"}))
        assert all(answer["id"].split(".")[0] == f"n{number}" for answer in told["answers"])
        return [answer["label"] for answer in told["answers"]], ["ABC"[label] for label in labels]

    with serving(made(store, tmp_path, threads=2, max_batch=4)) as client, ThreadPoolExecutor(16) as crowd:
        for got, expected in crowd.map(one, range(200)):
            assert got == expected
    assert len(rows(tmp_path)) == sum(1 + number % 4 for number in range(200))
