"""Thousands of bodies that are meant to break the server leave it answering as before."""

import socket

import pytest

from pipeline.params import Serve
from serving.problems import MEDIA_TYPE
from tests.serving.factories import QUICK, clip, serving, settings
from tests.serving.hostile import attack

BOUNDED = Serve(**QUICK.model_dump() | {"max_body_mb": 0.5})
PREDICT = "/v1/letters/predict"


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    with serving(settings(shelf[0], tmp_path_factory.mktemp("serving"), serve=BOUNDED)) as client:
        yield client


def withstand(client, seeds: range) -> None:
    statuses = set()
    for seed in seeds:
        made = attack(seed)
        response = client.post(
            made.path, content=made.content, headers={n: v.encode() for n, v in made.headers.items()}
        )
        assert response.status_code < 500, (seed, made, response.text)
        if response.status_code != 200:
            assert response.headers["content-type"] == MEDIA_TYPE, seed
            assert "Traceback" not in response.text, seed
            assert len(response.content) < 5000, seed
        statuses.add(response.status_code)
    assert statuses >= {200, 400, 413, 415, 422}  # each door was tried
    answer = client.post(PREDICT, json={"landmarks": clip(1).tolist()}).json()
    assert (answer["label"], answer["version"]) == ("B", 2)


def test_hostile_bodies_are_refused_and_the_next_is_answered(client):
    withstand(client, range(400))


@pytest.mark.slow
def test_thousands_of_hostile_bodies(client):
    withstand(client, range(10_000, 14_000))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # a TLS client
        b"\x00" * 100_000,
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST " + PREDICT.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST "
        + PREDICT.encode()
        + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST "
        + PREDICT.encode()
        + b" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"POST "
        + PREDICT.encode()
        + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_hung_up_on(client, sent):
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=120) as opened:
        opened.sendall(sent)
        opened.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while part := opened.recv(65536):
                said += part
        except ConnectionError:
            pass
    assert b" 200 " not in said[:20]
    assert b"root:" not in said
    assert client.get("/v2/health/ready").status_code == 200
