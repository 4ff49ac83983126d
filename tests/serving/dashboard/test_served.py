"""`/dashboard` and its figures over real HTTP."""

import httpx
import pytest

from serving.guards.keys import parse
from tests.serving.factories import serving, settings

KEYS = parse(f"ask:predict:{'a' * 20},see:operate:{'b' * 20}")
SEE, ASK = ({"Authorization": f"Bearer {letter * 20}"} for letter in "ba")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("served")


def test_the_page_and_its_figures_are_there(shelf, folder):
    with serving(settings(shelf[0], folder)) as client:
        page = client.get("/dashboard")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        figures = client.get("/v1/dashboard")
        assert figures.headers["cache-control"] == "no-store"
        (track,) = figures.json()["tracks"]
        assert (track["track"], track["registry"]["production"]["version"]) == ("letters", 2)
        assert track["traffic"]["answers"] == 0


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (ASK, 403), (SEE, 200)])
def test_figures_are_for_operators_and_the_page_holds_none(shelf, folder, headers, status):
    with serving(settings(shelf[0], folder, keys=KEYS)) as client:
        page = client.get("/dashboard")
        assert page.status_code == 200
        assert 'id="value"></script>' in page.text
        answer = client.get("/v1/dashboard", headers=headers)
        assert answer.status_code == status
        if status == 403:
            assert "dashboard" in answer.json()["detail"]


def test_what_was_answered_is_in_the_next_look(shelf, folder):
    with serving(settings(shelf[0], folder)) as client:
        landmarks = [[[0.0] * 3] * 21]
        assert client.post("/v1/letters/predict", json={"landmarks": landmarks}).status_code == 200
        (track,) = client.get("/v1/dashboard").json()["tracks"]
        assert track["traffic"]["roles"] == {"production": 1}


def test_without_a_log_it_says_so(shelf, folder):
    from pipeline.params import Log

    with serving(settings(shelf[0], folder, log=Log(predictions=False))) as client:
        answer: httpx.Response = client.get("/v1/dashboard")
        assert "log.predictions" in answer.json()["tracks"][0]["traffic"]["missing"]
