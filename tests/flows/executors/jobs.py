"""What the executors' tests let do: functions that another process finds by name."""

import ctypes
import os
import signal
import time
from pathlib import Path

HUGE = 1 << 60


def double(number: int) -> int:
    return 2 * number


def process(_: int) -> int:
    return os.getpid()


def parent(_: int) -> int:
    return os.getppid()


def mischief(job: tuple[str, int]) -> int:
    """Does what its name says, and gives the number back where it comes so far."""
    name, number = job
    match name:
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            while True:
                time.sleep(60)
        case "memory":
            bytearray(HUGE)
        case "late":
            raise TimeoutError("the work's own")
        case "raise":
            raise ZeroDivisionError("a fault of ours")
    return number


def wait_beside_a_note(folder: Path) -> None:
    """Notes its process and never ends."""
    (folder / str(os.getpid())).touch()
    while True:
        time.sleep(60)


class DiesAsItArrives:
    """Work that no process survives reading."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)

    def __call__(self, number: int) -> int:
        return number
