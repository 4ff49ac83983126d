"""Progress of looking at recordings: clips a second and time left, on a terminal a bar, in a log a line now and then.

It is no part of flows/progress.py, which is of trainings and loads Torch.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.detect.detected import Failure
from pipeline.detect.workshop import Done

LINES = 10  # at least, of a long run
QUIET_S = 60.0  # at most, between two lines
console = Console(stderr=True)


@contextmanager
def clips(title: str, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[Done], None]]:
    """Yields a function that is told each clip that was looked at; nothing is shown before the first."""
    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}")]
    columns += [TextColumn("{task.fields[values]}"), TimeElapsedColumn(), TimeRemainingColumn(compact=True)]
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    begun = said = clock()
    failed = 0

    def tell(done: Done) -> None:
        nonlocal failed, said
        if done.done == 1:
            if done.finished:
                console.print(f"{title}: {done.finished:,} clips were finished before", highlight=False)
            progress.start()
            progress.add_task(title, total=done.total, values="")
        failed += isinstance(done.result, Failure)
        now = clock()
        rate = done.done / max(now - begun, 1e-9)
        pace = f"{rate:,.1f} clips a second" if rate >= 1 else f"{60 * rate:.1f} clips a minute"
        shown = pace + (f", {failed:,} failed" if failed else "")
        progress.update(progress.task_ids[0], completed=done.done, values=shown)
        tenth = done.done % math.ceil(done.total / LINES) == 0 or done.done == done.total
        if not console.is_terminal and (tenth or now - said >= QUIET_S):
            said = now
            left = timedelta(seconds=round((done.total - done.done) / rate))
            console.print(f"{title}: {done.done:,}/{done.total:,} clips, {shown}, {left} left", highlight=False)

    try:
        yield tell
    finally:
        if progress.task_ids:
            progress.stop()
