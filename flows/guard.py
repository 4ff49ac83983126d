"""Ends process groups when whoever named them is gone: run by its path, so that it starts at once and imports nothing.

Their numbers come on stdin, one a line; the end of stdin is the word. Each group is asked to end, and is killed where
it has not gone in time.
"""

import os
import signal
import sys
import time
from pathlib import Path

PATIENCE_S = 15.0
ASK_S = 0.05
PROC = Path("/proc")  # of Linux


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when it is done
    groups = [int(line) for line in sys.stdin]
    for group in groups:
        _tell(group, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_S
    while any(_lives(group) for group in groups) and time.monotonic() < until:
        time.sleep(ASK_S)  # the kernel tells nobody but the parent, which may be gone
    for group in groups:
        _tell(group, signal.SIGKILL)


def _lives(group: int) -> bool:
    """Whether a group has a process that still runs: one that nobody has taken note of yet has ended all the same."""
    if not (PROC / "self").exists():
        return _tell(group, 0)
    for process in (entry for entry in PROC.iterdir() if entry.name.isdecimal()):
        try:
            told = (process / "stat").read_text(encoding="utf-8", errors="replace")
            state, _, own, *_ = told.rpartition(")")[2].split()  # a program's name may have brackets and spaces
        except OSError:  # gone meanwhile
            continue
        if int(own) == group and state not in "ZX":
            return True
    return False


def _tell(group: int, number: int) -> bool:
    """Sends a signal to a group; False where it has no process any more."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
