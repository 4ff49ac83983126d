"""Work that cannot reach a network, whatever library does it.

MediaPipe's published builds report their use to Google (task, running mode, counts, latencies) whenever a landmarker is
closed, and have no switch for it. Signloop sends nothing anywhere: on Linux the kernel refuses internet sockets to the
thread that makes a landmarker and to all threads that come of it, and to no other.
Source: seccomp(2), "Filter mode"; linux/filter.h, linux/seccomp.h, linux/audit.h for the numbers.
"""

import ctypes
import errno
import logging
import platform
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # offsets in seccomp_data; of the argument the low half, little-endian
INTERNET = (2, 10)  # AF_INET, AF_INET6
SOCKET_CALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # the machine's audit number, and socket(2)'s

log = logging.getLogger(__name__)


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def without_network(work: Callable[[], Result]) -> Result:
    """Does the work in a thread of its own; threads that it starts have no network either, also after it is done."""
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            if not _sealed():
                _warn_once()
            results.append(work())
        except BaseException as error:  # raised again where the work was asked for
            failures.append(error)

    thread = threading.Thread(target=run, name="without network")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _sealed() -> bool:
    """Takes internet sockets from this thread and its descendants; False where that cannot be done."""
    if not sys.platform.startswith("linux") or platform.machine() not in SOCKET_CALL:
        return False
    machine, call = SOCKET_CALL[platform.machine()]
    steps = [
        (LOAD, 0, 0, MACHINE),
        (JUMP_IF_EQUAL, 0, 5, machine),
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 3, call),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 2, 0, INTERNET[0]),
        (JUMP_IF_EQUAL, 1, 0, INTERNET[1]),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    program = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))
    kernel = ctypes.CDLL(None)
    if kernel.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not kernel.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


_warned = threading.Event()


def _warn_once() -> None:
    if not _warned.is_set():
        _warned.set()
        log.warning(
            "MediaPipe reports its use to Google, and this system cannot keep it from that. Block play.googleapis.com "
            "if nothing may be reported."
        )
