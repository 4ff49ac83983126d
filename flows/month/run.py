"""The table of a month: every shift over many seeds, and false alarms over quiet windows, as lines to print."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flows import environment
from flows.month import looks, showing
from flows.month.looks import TRACK, Rules
from flows.month.scenes import QUIET, SCENES, SHIFTED, USUAL_TRAFFIC, Scene
from flows.month.showing import Row
from flows.month.traffic import START, Answering, Crowd, Visit, crowd
from pipeline import params
from pipeline.calibration import AS_IT_IS
from pipeline.errors import InputError
from pipeline.params import Params, SyntheticLetters

if TYPE_CHECKING:
    import pandas as pd

DAY = timedelta(days=1)  # that a window lasts


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is played.

    seeds    of each shift, each a quiet window and then a shifted one
    quiet    windows without a shift
    plain    of either, those that Evidently's defaults look at: a second each
    scenes   shifts; processes  that make clips and answers
    """

    seeds: int = 40
    quiet: int = 1000
    plain: int = 10
    processes: int = 2
    scenes: tuple[Scene, ...] = SCENES


def figures(root: Path, size: Size | None = None) -> Iterator[Row]:
    """Yields the table; the model is that in Production.

    Raises: InputError where none is, or its clips are not the simulator's.
    """
    import pandas as pd

    written, size = params.read(root / "params.yaml"), size or Size()
    with production(written) as (answering, reference):
        yield from table(written, answering, pd.read_parquet(reference), size)


@contextmanager
def production(written: Params) -> Iterator[tuple[Answering, Path]]:
    """Yields who answers in Production, and the file that its reference is in."""
    from registry import versions

    data = written.track(TRACK).data
    if not isinstance(data, SyntheticLetters):
        raise InputError(
            f"tracks.{TRACK}.data.source: expected synthetic_letters, got {data.source}; nobody can be made up."
        )
    store = environment.store()
    version = versions.named(store, TRACK)
    with versions.files(store, version) as folder:
        yield (
            Answering(
                model=folder / versions.ONNX,
                data=data,
                version=version.number,
                calibration=version.calibration or AS_IT_IS,
            ),
            folder / versions.EXTRAS / "reference.parquet",
        )


def table(written: Params, answering: Answering, reference: "pd.DataFrame", size: Size) -> Iterator[Row]:
    """Yields what was found of each shift, then the false alarms."""
    from monitoring.drift.thresholds import calibrate

    watch = written.watch
    thresholds = calibrate(reference, watch, window=watch.window)
    rules = Rules(thresholds=thresholds, watch=watch, policy=written.policy, version=answering.version)
    plain = _plain(reference)
    yield "thresholds", "calibrated" if thresholds.calibrated else f"uncalibrated: {thresholds.why_not}"
    with crowd(answering, size.processes) as people:
        rows = rules.watch.window
        usual = list(
            people.windows([Visit(scene=USUAL_TRAFFIC, seed=SHIFTED + i, rows=rows) for i in range(size.seeds)])
        )
        for number, scene in enumerate(size.scenes, 1):
            seed = SHIFTED + 100_000 * number
            after = [Visit(scene=scene, seed=seed + i, rows=rows, begins=START + DAY) for i in range(size.seeds)]
            yield from _shift(scene, rules, usual, people.windows(after), size, plain)
        yield from _quiet(people, rules, size, plain)


def _shift(
    scene: Scene,
    rules: Rules,
    usual: "list[pd.DataFrame]",
    shifted: "Iterator[pd.DataFrame]",
    size: Size,
    plain: Callable[["pd.DataFrame"], float],
) -> list[Row]:
    found, beside = [], []
    for before, after in zip(usual, shifted, strict=True):
        found.append(looks.detection(rules, before, after))
        if len(beside) < size.plain:
            beside.append(plain(after))
    return showing.shift(scene, found, beside)


def _quiet(people: Crowd, rules: Rules, size: Size, plain: Callable[["pd.DataFrame"], float]) -> list[Row]:
    """Looks at one quiet day after the other, a window each."""
    visits = [
        Visit(scene=USUAL_TRAFFIC, seed=QUIET + i, rows=rules.watch.window, begins=START + i * DAY)
        for i in range(size.quiet)
    ]
    before: list[looks.Past] = []
    beside, fired, columns = [], [], Counter[str]()
    for window in people.windows(visits):
        past = looks.look(rules, window, before[-rules.watch.of :])
        before.append(past)
        fired.append(past.report.fired)
        columns.update(column.name for column in past.report.columns if column.fired)
        if len(beside) < size.plain:
            beside.append(plain(window))
    acted = [past.verdict is not None and past.verdict.action != "nothing" for past in before]
    return [*showing.quiet(fired, acted, beside), showing.columns(columns)]


def _plain(reference: "pd.DataFrame") -> Callable[["pd.DataFrame"], float]:
    """Returns what says in which share of the columns Evidently's defaults see drift."""
    import pandas as pd

    known = reference[reference["part"] == "val"]  # the rows that have both figures and answers

    def share(window: "pd.DataFrame") -> float:
        from monitoring.drift.evidently import plain_defaults

        names = [name for name in known.columns if name in window.columns]
        as_they_are = [cast(pd.DataFrame, rows[names]).astype({"label": object}) for rows in (known, window)]
        return plain_defaults(*as_they_are)

    return share
