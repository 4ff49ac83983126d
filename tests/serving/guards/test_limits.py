import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from pipeline.params import Serve
from serving.guards.connections import MAX_HEAD, BoundedProtocol
from serving.guards.keys import parse
from serving.guards.limits import Limits
from tests.serving.factories import QUICK, clip, serving, settings

PREDICT = "/v1/letters/predict"
HEAD = b"POST /v1/letters/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
BODY = {"landmarks": clip(1).tolist()}


@pytest.fixture
def served(shelf, tmp_path):
    @contextmanager
    def start(keys: str = "", **bounds) -> Iterator[httpx.Client]:
        serve = Serve(**QUICK.model_dump() | bounds)
        with serving(settings(shelf[0], tmp_path, serve=serve, keys=parse(keys))) as client:
            yield client

    return start


@contextmanager
def connection(client: httpx.Client) -> Iterator[socket.socket]:
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=120) as opened:
        yield opened


def until(client: httpx.Client, status: int) -> httpx.Response:
    """Asks again and again until the answer has this status."""
    for _ in range(5000):
        if (response := client.post(PREDICT, json=BODY)).status_code == status:
            return response
    raise AssertionError(f"never {status}, but {response.status_code}: {response.text}")


def all_of(opened: socket.socket) -> bytes:
    """Returns what comes until the server hangs up."""
    said = b""
    try:
        while part := opened.recv(65536):
            said += part
    except ConnectionError:
        pass
    return said


def test_a_body_that_does_not_come_ends_in_time(served):
    with served(timeout_s=0.3) as client, connection(client) as slow:
        slow.sendall(HEAD + b"{")
        said = all_of(slow)
        assert said.startswith(b"HTTP/1.1 408")
        assert b"application/problem+json" in said
        assert client.post(PREDICT, json=BODY).status_code == 200


def test_what_is_not_answered_ends_in_time():
    async def answer(scope, receive, send):
        await receive()
        if scope["path"] == "/never":
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async def status(limits: Limits, path: str) -> int:
        said = []

        async def receive():
            return {"type": "http.request", "more_body": False}

        async def send(message):
            said.append(message)

        await limits({"type": "http", "path": path, "headers": []}, receive, send)
        return said[0]["status"]

    async def asked() -> list[int]:
        limits = Limits(answer, Serve(timeout_s=0.05))
        first = await asyncio.gather(*(status(limits, path) for path in ("/never", "/", "/never")))
        return [*first, *await asyncio.gather(*(status(limits, path) for path in ("/", "/never")))]

    assert asyncio.run(asked()) == [503, 200, 503, 200, 503]


def test_more_requests_than_can_be_at_work_are_told_to_come_back(served):
    with served(max_requests=1) as client, connection(client) as slow:
        slow.sendall(HEAD + b"{")
        refused = until(client, 503)  # the other one is at work
        assert refused.headers["retry-after"] == "1"
        assert client.get("/v2/health/live").status_code == 200
        slow.close()
        until(client, 200)


def test_all_bodies_together_are_bounded(served):
    with served(max_bodies_mb=0.01) as client:
        for _ in range(20):
            assert client.post(PREDICT, json=BODY).status_code == 200  # those that are over are given back
        assert client.post(PREDICT, content=b" " * 11_000).status_code == 503
        assert client.post(PREDICT, json=BODY).status_code == 200


@pytest.mark.parametrize("told", [True, False])
def test_a_body_is_bounded_whether_it_tells_its_length_or_not(served, told):
    with served(max_body_mb=0.01) as client:
        content = b" " * 20_000 if told else iter([b" " * 100] * 200)
        response = client.post(PREDICT, content=content)
        assert response.status_code == 413
        assert ("content-length" in response.request.headers) == told
        assert client.post(PREDICT, json=BODY).status_code == 200


def test_each_client_has_a_rate_of_its_own(served):
    keys = "ada:predict:ada-0123456789abcdef,bob:predict:bob-0123456789abcdef"
    with served(keys, rate_per_s=0.01) as client:
        said = [
            client.post(PREDICT, json=BODY, headers={"X-API-Key": f"{name}-0123456789abcdef", "X-Client-Id": str(i)})
            for i, name in enumerate(("ada", "ada", "bob", "bob"))
        ]
        assert [response.status_code for response in said] == [200, 429, 200, 429]
        assert int(said[1].headers["retry-after"]) in range(90, 101)
        assert client.get("/v2/health/ready").status_code == 200


def test_an_address_cannot_be_made_up(served):
    with served(rate_per_s=0.01) as client:
        said = [client.get("/v2", headers={"X-Forwarded-For": f"10.0.0.{i}"}).status_code for i in range(2)]
        assert said == [200, 429]


@pytest.mark.parametrize("sent", [b"", b"GET /v2 HTT", b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-A"])
def test_a_head_that_does_not_come_ends_in_time(served, monkeypatch, sent):
    monkeypatch.setattr(BoundedProtocol, "patience_s", 0.2)
    with served() as client, connection(client) as slow:
        slow.sendall(sent)
        assert all_of(slow) == b""
        assert client.get("/v2").status_code == 200


def test_a_second_head_that_does_not_come_ends_in_time(served, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "patience_s", 0.2)
    with served() as client, connection(client) as slow:
        slow.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(65536).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /v2 HTT")
        all_of(slow)


def test_a_head_that_does_not_end_is_cut_off(served):
    with served() as client, connection(client) as endless:
        endless.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        said = b""
        try:
            for _ in range(100 * MAX_HEAD // 4096):
                endless.sendall(b"a" * 4096)
        except ConnectionError:
            pass
        else:
            said = all_of(endless)
            assert said.startswith(b"HTTP/1.1 431")
        assert client.get("/v2").status_code == 200


def test_what_follows_an_answer_ends_in_time(served, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "patience_s", 0.2)
    with served(max_body_mb=0.01) as client, connection(client) as endless:
        endless.sendall(HEAD.replace(b"1000", b"9999999"))
        assert endless.recv(65536).startswith(b"HTTP/1.1 413")
        endless.settimeout(0.02)
        for _ in range(1000):  # of 0.02 s
            try:
                endless.sendall(b"a")
                if endless.recv(65536) == b"":
                    return
            except TimeoutError:
                pass
            except ConnectionError:
                return
        raise AssertionError("what nobody reads went on")


def test_more_connections_than_there_may_be_are_refused(served):
    with (
        served(max_connections=2) as client,
        connection(client) as first,
        connection(client),
        connection(client) as third,
    ):
        said = all_of(third)
        assert said.startswith(b"HTTP/1.1 503")
        assert b"application/problem+json" in said
        first.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert first.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("own", [(), ((b"content-security-policy", b"default-src 'self' blob:"),)])
def test_a_page_is_shielded_and_may_say_how_itself(own):
    said = {}

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html"), *own]})
        await send({"type": "http.response.body"})

    async def send(message):
        said.update(message.get("headers", ()))

    asyncio.run(Limits(page, Serve())({"type": "http", "path": "/", "headers": []}, None, send))
    assert (said[b"x-content-type-options"], said[b"x-frame-options"]) == (b"nosniff", b"DENY")
    assert said[b"content-security-policy"].endswith(b"blob:" if own else b"form-action 'none'")
