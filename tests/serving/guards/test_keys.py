import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from monitoring.log.clients import client_key
from pipeline.errors import InputError
from serving.guards.keys import CALLER, Gate, parse, role_of
from tests.serving.factories import clip, serving, settings

ADA, OPS, EVE = "ada-0123456789abcdef", "ops-0123456789abcdef", "eve-0123456789abcdef"
KEYS = f"ada:predict+feedback:{ADA},\n ops:operate:{OPS}\n"
PREDICT = "/v1/letters/predict"


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    with serving(settings(shelf[0], tmp_path_factory.mktemp("serving"), keys=parse(KEYS))) as client:
        yield client


def test_keys_are_kept_as_hashes_alone():
    ada, ops = parse(KEYS)
    assert (ada.name, ada.roles) == ("ada", {"predict", "feedback"})
    assert (ops.name, ops.roles) == ("ops", {"operate"})
    assert ADA not in repr((ada, ops))
    assert parse("") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ada", "expected NAME:ROLE"),
        ("ada:predict", "expected NAME:ROLE"),
        (f"a/b:predict:{ADA}", "expected NAME:ROLE"),
        (f"ada:admin:{ADA}", "unknown role 'admin'"),
        (f"ada::{ADA}", "unknown role ''"),
        ("ada:predict:short", "16 to 256"),
        (f"ada:predict:{ADA},bob:predict:{ADA}", "given before"),
    ],
)
def test_what_is_no_key_is_named_by_its_place_and_never_shown(text, words):
    with pytest.raises(InputError, match=r"SIGNLOOP_API_KEYS, entry \d") as error:
        parse(text)
    assert words in str(error.value)
    assert not any(key in str(error.value) for key in (ADA, "short"))


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/", None),
        ("/v2/health/live", None),
        ("/v2/health/ready", None),
        ("/page/app.js", None),
        ("/assets/hand_landmarker.task", None),
        ("/metrics", "operate"),
        ("/v1/health", "operate"),
        ("/v1/letters/feedback", "feedback"),
        ("/v1/letters/feedback/some-id", "feedback"),
        ("/v1/letters/review", "operate"),
        ("/v1/feedback/predict", "predict"),
        ("/v1/letters/stream", "predict"),
        ("/v2/models/letters/infer", "predict"),
        ("/v2", "predict"),
        ("/openapi.json", ""),
        ("/pages", ""),
        ("", ""),
    ],
)
def test_each_path_asks_for_a_role(path, role):
    assert role_of(path) == role


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, PREDICT, 401),
        ({"X-API-Key": EVE}, PREDICT, 401),
        ({"X-API-Key": ADA[:-1]}, PREDICT, 401),
        ({"Authorization": f"Basic {ADA}"}, PREDICT, 401),
        ({"X-API-Key": "\xff" * 20}, PREDICT, 401),
        ({"X-API-Key": ADA}, PREDICT, 200),
        ({"Authorization": f"Bearer {ADA}"}, PREDICT, 200),
        ({"Authorization": f"bearer {ADA}"}, PREDICT, 200),
        ({"X-API-Key": OPS}, PREDICT, 403),
        ({}, "/v1/health", 401),
        ({"X-API-Key": ADA}, "/v1/health", 403),
        ({"X-API-Key": OPS}, "/v1/health", 200),
        ({}, "/v2/health/live", 200),
        ({}, "/v2/health/ready", 200),
        ({}, "/v2", 401),
        ({}, "/openapi.json", 401),
        ({"X-API-Key": OPS}, "/openapi.json", 200),
    ],
)
def test_who_may_do_what(client, headers, path, status):
    headers = {name: value.encode("latin-1") for name, value in headers.items()}
    if path == PREDICT:
        response = client.post(path, json={"landmarks": clip(1).tolist()}, headers=headers)
    else:
        response = client.get(path, headers=headers)
    assert response.status_code == status
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert ("www-authenticate" in response.headers) == (status == 401)
        assert ADA not in response.text


def test_a_client_is_the_key_and_whom_it_asks_for(shelf, tmp_path):
    """So nobody erases, or is answered as, the client of another key."""
    made = settings(shelf[0], tmp_path, keys=parse(KEYS))
    with serving(made) as client:
        for name, headers in {"a": {}, "b": {"X-Client-Id": "kiosk 7"}}.items():
            body = {"landmarks": clip(1).tolist(), "id": name}
            assert client.post(PREDICT, json=body, headers={"X-API-Key": ADA} | headers).status_code == 200
    assert logged_clients(made.database) == {
        "a": client_key(b"secret", "ada"),
        "b": client_key(b"secret", "ada/kiosk 7"),
    }


def logged_clients(url: str) -> dict[str, str]:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, client FROM predictions")).all()
    engine.dispose()
    return dict(map(tuple, rows))


def stream() -> TestClient:
    async def accept(websocket):
        await websocket.accept()
        await websocket.send_text(websocket.scope[CALLER])
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/v1/letters/stream", accept)])
    return TestClient(Gate(app, parse(KEYS), ()))


def test_a_browsers_stream_sends_its_key_as_a_subprotocol():
    with stream().websocket_connect("/v1/letters/stream", subprotocols=["signloop", f"key.{ADA}"]) as websocket:
        assert websocket.accepted_subprotocol == "signloop"
        assert websocket.receive_text() == "ada"


@pytest.mark.parametrize(("subprotocols", "status"), [([], 401), (["signloop"], 401), ([f"key.{OPS}"], 403)])
def test_a_stream_without_its_key_is_not_opened(subprotocols, status):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        stream().websocket_connect("/v1/letters/stream", subprotocols=subprotocols),
    ):
        pass
    assert refused.value.status_code == status
