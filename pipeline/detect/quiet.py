"""Keeps from a person what MediaPipe's native code writes to stderr each time it starts, and nothing else.

The native code knows no switch for it, so that the process's stderr is taken away for a moment; every line that is not
known to be noise is written there afterwards.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

NOISE = (
    b"Created TensorFlow Lite XNNPACK delegate",
    b"Logging before InitGoogle() is written to STDERR",
    b"inference_feedback_manager.cc",
    b"landmark_projection_calculator.cc",
)
STDERR = 2

_lock = threading.Lock()
_inside = 0  # stderr is the process's: of several threads the first takes it and the last gives it back
_taken: tuple[int, IO[bytes]] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """While the block runs, MediaPipe's greetings are left out of stderr; other lines come when it ends."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _taken
    with _lock:
        _inside += 1
        if _inside > 1:
            return
        try:
            before = os.dup(STDERR)
        except OSError:  # there is no stderr
            return
        written = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever leaves last
        os.dup2(written.fileno(), STDERR)
        _taken = before, written


def _leave() -> None:
    global _inside, _taken
    with _lock:
        _inside -= 1
        if _inside or _taken is None:
            return
        (before, written), _taken = _taken, None
        os.dup2(before, STDERR)
        os.close(before)
        with written:
            written.seek(0)
            for line in written:
                if not any(noise in line for noise in NOISE):
                    os.write(STDERR, line)
