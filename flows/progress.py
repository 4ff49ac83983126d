"""Progress for a person, through rich; on anything but a terminal a line now and then."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.fitting.loop import Log

LINES = 10  # at most, of a training
console = Console(stderr=True)


@contextmanager
def epochs(total: int, title: str) -> Iterator[Log]:
    """Yields a function that is told each epoch's values, and shows them."""
    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}")]
    columns += [TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[values]}")]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total, values="")

        def log(epoch: int, values: dict[str, float]) -> None:
            shown = "  ".join(
                f"{name} {value:.3f}" for name, value in values.items() if name.startswith("val_") or name == "loss"
            )
            progress.update(task, completed=epoch + 1, values=shown)
            if not console.is_terminal and (epoch + 1) % math.ceil(total / LINES) == 0:
                console.print(f"{title}: epoch {epoch + 1}/{total}  {shown}", highlight=False)

        yield log
