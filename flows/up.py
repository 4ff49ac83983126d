"""`signloop up`: the four pages' servers on this machine, started together and ended together.

Each is a process group of its own, whose lines are passed on behind its name. A guard, one more process, is told the
groups and holds the other end of a pipe: when the pipe closes, since we ended or were killed, it ends them all. So none
is left over, whichever way this process goes; where the kernel can, each of them is also told when its parent dies.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from types import FrameType
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from flows import guard
from flows.holders import holder
from pipeline.errors import InputError, SignloopError

HOST = "127.0.0.1"
ASK_SECONDS = 0.2
READY_SECONDS = 180.0
PR_SET_PDEATHSIG = 1
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One server: how it is started, what answers once it is ready, and what a person opens.

    option  that gives it another port
    shown   paths to open, by what is there
    """

    name: str
    port: int
    option: str
    command: Sequence[str]
    ready: str
    shown: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def address(self, path: str = "") -> str:
        return f"http://{HOST}:{self.port}{path}"


def run(services: Sequence[Service], *, say: Say) -> None:
    """Starts all of them and waits, until it is told to end or one of them ends.

    Raises: InputError where a port is taken, before any is started; SignloopError naming the one that ended by itself.
    """
    for service in services:
        _free(service)
    with _told_to_end() as ending, _guarded() as started:
        running = [(service, started(service)) for service in services]
        for service, process in running:
            threading.Thread(target=_pass_on, args=(service.name, process, say), daemon=True).start()
        waiting = {service.name: service for service in services}
        until = time.monotonic() + READY_SECONDS
        while not ending.wait(ASK_SECONDS):
            for service, process in running:
                if (status := process.poll()) is not None:
                    raise SignloopError(f"{service.name} ended with status {status}, so all are stopped. Read above.")
            for service in [service for service in waiting.values() if _answers(service)]:
                del waiting[service.name]
                for what, path in service.shown.items():
                    say(f"ready: {what} {service.address(path)}")
            if waiting and time.monotonic() > until:
                raise SignloopError(f"{', '.join(waiting)} did not answer in {READY_SECONDS:.0f} s. Read above.")
        say("stopping")


def _free(service: Service) -> None:
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers bind: one that just ended is gone
        try:
            asked.bind((HOST, service.port))
        except OSError as error:
            whose = holder(service.port)
            by = f"is taken by {whose}" if whose else f"cannot be had: {error.strerror}"
            raise InputError(
                f"{service.name}: port {service.port} {by}. Stop that, or give another: {service.option} PORT, or "
                f"leave it out: --no-{service.name}"
            ) from None


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Yields what is set by Ctrl-C or SIGTERM, once; a second Ctrl-C changes nothing."""
    ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _guarded() -> Iterator[Callable[[Service], "subprocess.Popen[bytes]"]]:
    """Yields what starts a service; all that was started is gone when the block ends."""
    watch = subprocess.Popen(
        [sys.executable, "-I", guard.__file__], stdin=subprocess.PIPE, start_new_session=True, bufsize=0
    )
    assert watch.stdin is not None
    started: list[subprocess.Popen[bytes]] = []

    def start(service: Service) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            service.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **service.environment},
            start_new_session=True,
            preexec_fn=_ends_with_us,
        )
        started.append(process)
        watch.stdin.write(f"{process.pid}\n".encode())  # type: ignore[union-attr]
        return process

    try:
        yield start
    finally:
        watch.stdin.close()
        for process in started:
            process.wait()
        watch.wait()


def _ends_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _pass_on(name: str, process: "subprocess.Popen[bytes]", say: Say) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        say(f"{name:<9} | {line.decode(errors='replace').rstrip()}")


def _answers(service: Service) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(service.address(service.ready), timeout=2):
            return True
    except HTTPError:
        return False
    except (OSError, HTTPException):
        return False
