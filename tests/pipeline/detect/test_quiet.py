"""What is left out of stderr, and that nothing else is."""

import os
import threading

import pytest

from pipeline.detect.quiet import quiet

GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


def test_greetings_are_left_out_and_errors_come_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        os.write(2, GREETING)
        os.write(2, b"E0000 graph.cc: it failed\n")
        os.write(2, b"W0000 00:00:1 inference_feedback_manager.cc:121] whatever\n")
        assert capfd.readouterr().err == ""
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "E0000 graph.cc: it failed\nafter\n"


def test_two_threads_give_it_back_once(capfd: pytest.CaptureFixture[str]) -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with quiet():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait()
    with quiet():
        os.write(2, GREETING)
    os.write(2, b"still inside\n")
    assert capfd.readouterr().err == ""
    leave.set()
    thread.join()
    assert capfd.readouterr().err == "still inside\n"


def test_it_is_given_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), quiet():
        raise KeyError
    os.write(2, b"here\n")
    assert capfd.readouterr().err == "here\n"
