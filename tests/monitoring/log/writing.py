"""A process that writes and says on stdout which ids were acknowledged, until it is killed or no room is left.

`python -m tests.monitoring.log.writing ADDRESS`; sixteen puts are always on their way. With a second argument, bytes,
no file may grow beyond that until the first error; then the limit is lifted, one more entry is put, and it ends.
"""

import itertools
import os
import resource
import sys
import threading

from monitoring.log.writer import Writer
from pipeline.errors import SignloopError
from tests.monitoring.log.factories import FIGURES, make_entry, put

IN_FLIGHT = 16


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once: nothing of it is lost in a kill


def until_killed(writer: Writer) -> None:
    numbers = itertools.count()
    failed = threading.Event()

    def another() -> None:
        ids = [f"{os.getpid()}-{next(numbers)}" for _ in range(3)]

        def done(outcome: BaseException | None) -> None:
            if outcome is None:
                say(" ".join(ids))
                another()
            else:
                say(f"failed {type(outcome).__name__} {outcome}")
                failed.set()

        if not failed.is_set():
            writer.put([make_entry(id=id, figures=FIGURES) for id in ids], done)

    for _ in range(IN_FLIGHT):
        another()
    failed.wait()


def main(url: str, limit: int | None) -> None:
    writer = Writer.open(url)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    until_killed(writer)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert not isinstance(put(writer, make_entry(id="afterwards")), SignloopError)
        say("afterwards")
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
