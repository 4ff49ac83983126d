"""The id, the count and the line that every request has."""

import asyncio
import logging
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pipeline.params import Serve
from serving import problems
from serving.metrics import Metrics
from serving.requests import ID, Requests
from tests.serving.answering.test_journal import rows
from tests.serving.factories import clip, serving, settings

BODY = {"landmarks": clip(1).tolist()}


@pytest.fixture
def client(store, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, "serving.requests")
    with serving(settings(store, tmp_path, serve=Serve(follow_s=60, threads=1))) as client:
        yield client


def told(caplog: pytest.LogCaptureFixture, count: int) -> list[dict[str, Any]]:
    """Returns what was told of the last requests; each is told after its answer."""
    while len(found := [r for r in caplog.records if hasattr(r, "fields")]) < count:
        threading.Event().wait(0.005)
    return [{"level": record.levelname, **record.fields} for record in found[-count:]]


def test_the_id_of_an_answer_is_that_of_its_header_and_of_the_log(client, tmp_path, caplog):
    for sent, headers, expected in (
        (BODY, {}, None),
        (BODY, {"x-request-id": "from-a.header_1"}, "from-a.header_1"),
        (BODY | {"id": "of-the-body"}, {"x-request-id": "of-the-header"}, "of-the-body"),
    ):
        response = client.post("/v1/letters/predict", json=sent, headers=headers)
        id = response.headers["x-request-id"]
        assert ID.fullmatch(id)
        assert id == response.json()["id"] == (expected or id)
        assert rows(tmp_path, "id")[-1]["id"] == id
    assert [line["id"] for line in told(caplog, 3)][1:] == ["from-a.header_1", "of-the-body"]


def test_a_line_names_the_prediction_where_it_has_another_id(client, caplog):
    ids = [client.post("/v1/letters/predict", json=BODY | {"id": "again"}).json()["id"] for _ in range(2)]
    assert [(line["id"], line.get("prediction")) for line in told(caplog, 2)] == [("again", None), ("again", ids[1])]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/letters/predict", 405), ("POST", "/v1/words/predict", 404)],
)
def test_what_fails_has_an_id_too(client, method, path, status):
    response = client.request(method, path, headers={"x-request-id": "mine"}, json={})
    assert (response.status_code, response.headers["x-request-id"]) == (status, "mine")


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "über"])
def test_an_id_that_is_none_does_not_come_back(client, sent):
    response = client.get("/v2/health/live", headers={"x-request-id": sent.encode("latin-1")})
    id = response.headers["x-request-id"]
    assert ID.fullmatch(id)
    assert id != sent


def test_a_line_says_who_asked_what_and_who_answered(client, caplog):
    client.post("/v1/letters/predict", json=BODY, headers={"x-client-id": "ada"})
    (line,) = told(caplog, 1)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/{track}/predict", 200)
    assert (line["track"], line["version"], line["role"], line["level"]) == ("letters", 3, "production", "INFO")
    assert line["ms"] > 0
    assert line["client"]
    assert "ada" not in line["client"]


def test_a_line_has_the_route_and_never_what_was_sent(client, caplog):
    client.post("/v1/%22%0asecret/predict", json=BODY)
    client.get("/secret?key=secret")
    assert [line["route"] for line in told(caplog, 2)] == ["/v1/{track}/predict", ""]
    assert "secret" not in caplog.text


def test_whoever_watches_is_told_of_only_where_it_fails(client, caplog):
    client.get("/v2/health/live")
    client.get("/nowhere")
    assert [line["level"] for line in told(caplog, 2)] == ["DEBUG", "INFO"]


def test_an_error_of_our_own_is_a_problem_document_with_an_id(caplog):
    app, metrics = FastAPI(), Metrics()
    problems.install(app)
    app.add_middleware(Requests, metrics=metrics)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("of /a/secret/path")

    transport = httpx.ASGITransport(app)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/broken", headers={"x-request-id": "mine"})

    response = asyncio.run(ask())
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.headers["x-request-id"] == "mine"
    assert "secret" not in response.text
    assert "of /a/secret/path" in caplog.text
    assert [line["level"] for line in told(caplog, 1)] == ["WARNING"]
    asked = {"route": "/broken", "method": "GET", "status": "500"}
    assert metrics.registry.get_sample_value("signloop_requests_total", asked) == 1
