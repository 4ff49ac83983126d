import pytest

from pipeline.params import Serve
from serving.guards.origins import hold
from serving.problems import ProblemError
from tests.serving.factories import QUICK, serving, settings


def status(host: str | None, origin: str | None = None, *, hosts: tuple[str, ...] = (), strict: bool = True) -> int:
    said = {b"host": host, b"origin": origin}
    try:
        hold({name: value.encode() for name, value in said.items() if value is not None}, hosts, strict=strict)
    except ProblemError as error:
        return error.status
    return 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "[::1]"])
def test_this_machine_is_asked_by_its_own_names(host):
    assert status(host) == 200


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "127.0.0.1.evil.example:8080", "localhost.evil", "10.0.0.1"]
)
def test_a_name_that_somebody_pointed_here_is_not_ours(host):
    assert status(host) == 421
    assert status(host, strict=False) == 200  # who has keys may be asked by any name


def test_further_names_are_known_by_params():
    assert status("signs.example:443", hosts=("signs.example",)) == 200
    assert status("other.example", hosts=("signs.example",), strict=False) == 421


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8080", 200),
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8080", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_a_page_asks_whence_it_came(origin, expected):
    assert status("127.0.0.1:8080", origin) == expected
    assert status("127.0.0.1:8080", origin, strict=False) == 200


def test_the_server_refuses_strangers(shelf, tmp_path):
    with serving(
        settings(shelf[0], tmp_path, serve=Serve(**QUICK.model_dump() | {"hosts": ("signs.example",)}))
    ) as client:
        for headers, expected in (
            ({}, 200),
            ({"Host": "signs.example"}, 200),
            ({"Host": "evil.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
        ):
            response = client.get("/v2/health/live", headers=headers)
            assert response.status_code == expected
            assert "access-control-allow-origin" not in response.headers
