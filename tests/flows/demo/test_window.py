import subprocess
import sys

import pytest

from flows import environment
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


SHOWN = """
import numpy as np
from flows import environment
from flows.demo.window import opened_window
with opened_window("Signloop's test", environment.display()) as window:
    assert [window.show(np.full((48, 64, 3), 128, np.uint8)) for _ in range(3)] == [None] * 3
assert window.closed()
"""
BEFORE = """
import sys
from flows.demo import film, footage, opening, screen, session
from pipeline.detect import bundles, landmarkers
assert "av" not in sys.modules
"""


@pytest.mark.skipif(environment.display() is None, reason="needs a display: DISPLAY is not set")
def test_a_window_shows_pictures_and_closes():
    run(SHOWN)


def test_nothing_that_comes_before_the_window_imports_pyav():
    run(BEFORE)


def run(code: str) -> None:
    """Runs it in a process of its own: this one has imported PyAV."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
