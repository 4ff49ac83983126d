"""Extracts in a process of its own that kills itself, as by `kill -9`, at a moment that its arguments name.

`killed.py DATA.json STATE OUT EXECUTOR MOMENT [COUNT]`: at the COUNT-th clip that is `told`, or is about to be
`renamed` in the state folder; or `never`. It prints the names of the files that were looked at.
"""

import os
import signal
import sys
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.detect import bundles
from pipeline.detect.workshop import Done, Workshop
from pipeline.extract import extract
from pipeline.params import Images, Videos


def main(data: str, state: str, out: str, executor: str, moment: str, count: str = "0") -> None:
    from flows.executors import build

    left = int(count)

    def reached() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    section = TypeAdapter(Videos | Images).validate_json(Path(data).read_bytes())

    def told(done: Done) -> None:
        print(done.job.file.name, flush=True)  # noqa: T201
        if moment == "told":
            reached()

    def watch(event: str, arguments: tuple) -> None:
        if moment == "renamed" and event == "os.rename" and ".npz." in str(arguments[0]):
            reached()

    sys.addaudithook(watch)
    folders = [Path(os.environ["SIGNLOOP_ASSETS"])]
    found = bundles.found(bundles.needed(section.detection), folders)
    workshop = Workshop(executor=build(executor), bundles=found, finished=Path(state), progress=told)
    extract(section, feedback=Path(out).parent / "none", out=Path(out), workshop=workshop)


if __name__ == "__main__":
    main(*sys.argv[1:])
