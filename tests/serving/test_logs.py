import json
import logging
from collections.abc import Callable, Iterator

import pytest

from serving import logs
from serving.requests import NOW, Seen


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Yields what tells what was written to stderr since; puts the loggers back as they were."""
    root, serving = logging.getLogger(), logging.getLogger("serving")
    before = (root.handlers[:], root.level, serving.level)
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    serving.setLevel(before[2])


REQUEST = logging.getLogger("serving.requests")
FIELDS = {"id": "abc", "client": "", "method": "POST", "route": "/v1/{track}/predict", "status": 200, "version": 3}


def tell(level: int) -> None:
    REQUEST.log(level, "request", extra={"fields": FIELDS})


def test_a_request_is_a_line_of_json(said):
    logs.install("json")
    tell(logging.INFO)
    (line,) = said().splitlines()
    found = json.loads(line)
    assert (found["level"], found["message"], found["id"], found["version"]) == ("info", "request", "abc", 3)
    assert found["time"].endswith("Z")


def test_everything_else_is_json_too_and_names_its_request(said):
    logs.install("json")
    NOW.set(Seen("of-a-request"))
    try:
        raise ValueError("line one\nline two")
    except ValueError as error:
        logging.getLogger("elsewhere").error('with "quotes"\nand a break', exc_info=error)
    finally:
        NOW.set(None)
    (line,) = said().splitlines()
    found = json.loads(line)
    assert (found["logger"], found["id"], found["message"]) == (
        "elsewhere",
        "of-a-request",
        'with "quotes"\nand a break',
    )
    assert "ValueError: line one" in found["trace"]


def test_quiet_leaves_out_what_went_well(said):
    logs.install("quiet")
    tell(logging.INFO)
    assert said() == ""
    tell(logging.WARNING)
    assert json.loads(said())["level"] == "warning"


def test_text_is_for_a_person(said):
    logs.install("text")
    tell(logging.INFO)
    line = said()
    assert "info    request id=abc method=POST route=/v1/{track}/predict status=200 version=3" in line
    assert "client=" not in line
