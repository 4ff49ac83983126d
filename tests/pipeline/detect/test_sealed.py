"""Work without a network: refused in its thread and in what that starts, nowhere else."""

import socket
import threading

import pytest

from pipeline.detect.sealed import _sealed, without_network


def opens() -> str | None:
    """Tells what an internet socket is refused with."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError as error:
        return type(error).__name__
    return None


@pytest.fixture
def can_seal() -> None:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_sealed()))
    thread.start()
    thread.join()
    if not answers[0]:
        pytest.skip("this system cannot take the network from a thread")


@pytest.mark.usefixtures("can_seal")
def test_internet_sockets_are_refused_to_the_work_alone() -> None:
    assert without_network(opens) == "PermissionError"
    assert opens() is None


@pytest.mark.usefixtures("can_seal")
def test_a_thread_that_the_work_leaves_behind_stays_without() -> None:
    asked, answers = threading.Event(), []

    def later() -> None:
        asked.wait()
        answers.append(opens())

    thread = without_network(lambda: (left := threading.Thread(target=later), left.start())[0])
    asked.set()
    thread.join()
    assert answers == ["PermissionError"]


@pytest.mark.usefixtures("can_seal")
def test_files_and_local_sockets_are_left_alone() -> None:
    without_network(lambda: socket.socket(socket.AF_UNIX).close())


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        without_network(lambda: 1 / 0)
