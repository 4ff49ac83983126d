"""What the command line furnishes for sources of pictures: bundles, workers, finished clips, progress, report."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows import environment
from pipeline.params import Data, Images, Videos

if TYPE_CHECKING:  # no part of a stage that looks at no pictures: DVC watches what a stage imports
    from pipeline.detect.workshop import Outcome, Workshop

FINISHED = "clips"  # in the state folder
REPORTS = "reports"  # beside it, a folder for each name


@contextmanager
def furnished(data: Data | None, name: str, *, state: Path | None = None) -> "Iterator[Workshop | None]":
    """Yields what reading `data` takes: nothing for a source that holds landmarks already.

    name  of what is read, for progress and report

    Raises: InputError naming the bundle that is missing, or is not the pinned one.
    """
    if not isinstance(data, Videos | Images):
        yield None
        return
    from flows import executors
    from flows.clip_progress import clips, console
    from pipeline.detect import bundles, report
    from pipeline.detect.workshop import Workshop

    state = state or environment.state_folder()

    def write_report(outcomes: "Sequence[Outcome]") -> None:
        page = report.of_outcomes(outcomes, data, state / REPORTS / name, title=f"Recordings of {name}")
        console.print(
            f"{name}: what became of {len(outcomes):,} clips is told in {page}", highlight=False, soft_wrap=True
        )

    with clips(f"extract {name}") as tell:
        yield Workshop(
            executor=executors.build(environment.executor()),
            bundles=bundles.found(bundles.needed(data.detection), environment.assets()),
            finished=state / FINISHED,
            progress=tell,
            report=write_report,
        )
