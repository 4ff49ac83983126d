import sys

import pytest

from flows.demo.window import KEYS, opened_window
from pipeline.errors import InputError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="displays have names on Linux alone")


def test_without_a_display_it_says_what_else_can_be_done():
    with pytest.raises(InputError, match=r"DISPLAY is not set.* -o OUT\.mp4"), opened_window("Signloop", None):
        pass


def test_a_display_that_does_not_answer_does_not_end_the_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    with pytest.raises(InputError, match=r"no window on display ':4711'.* -o OUT\.mp4"), opened_window("S", ":4711"):
        pass


def test_keys():
    assert KEYS == {"q": "quit", "\x1b": "quit", "m": "mirror", "r": "reset", "s": "skeleton"}
