"""What came of a healing month, as lines that a person reads: a row a day, then accuracy before, during and after."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flows.month.healing.asking import Answered
from monitoring.drift.report import Interval

WIDTHS = (4, 9, 8, 12, 10, 20, 31)
HEADS = ("day", "camera", "version", "predictions", "accuracy", "never trained on", "furthest off, thresholds")
ANOTHER, USUAL = "another", "usual"


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day: what was answered, and what a look at it led to.

    shifted          whether the other camera is there
    answers          all of the day, by one version
    never            of them, those to people who are never trained on
    fired            whether the look found drift
    excess, column   how far the column is off that is off the furthest, in thresholds
    action … reason  the verdict
    made, decided    the candidate of the retraining that the verdict set off, and what was decided on it
    gates            why, in the gates' words
    """

    number: int
    shifted: bool
    answers: Sequence[Answered]
    never: Sequence[Answered]
    fired: bool
    excess: float
    column: str
    action: str
    cause: str
    reason: str
    made: int | None = None
    decided: str = ""
    gates: tuple[str, ...] = ()

    @property
    def version(self) -> int:
        return self.answers[0].version

    @property
    def camera(self) -> str:
        return ANOTHER if self.shifted else USUAL

    @property
    def promoted(self) -> bool:
        return self.decided == "promoted"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Days in a row of one camera and one version."""

    days: Sequence[Day]

    @property
    def name(self) -> str:
        first, last = self.days[0], self.days[-1]
        return f"days {first.number} to {last.number}, {first.camera} camera, version {first.version}"

    @property
    def answers(self) -> list[Answered]:
        return [one for day in self.days for one in day.answers]

    @property
    def never(self) -> list[Answered]:
        return [one for day in self.days for one in day.never]


def accuracy(answers: Sequence[Answered]) -> Interval:
    """Returns the share of right answers, with an interval that knows that a person's answers resemble each other."""
    import pandas as pd

    from monitoring.drift.accuracy import corrected

    said = {name: [getattr(one, name) for one in answers] for name in ("client", "label", "truth")}
    rows = pd.DataFrame(said, dtype=object)
    found = corrected(rows, pd.factorize(rows["client"])[0])
    assert found is not None  # of every answer we know what was signed
    return found


def share(answers: Sequence[Answered]) -> float | None:
    """Returns the share of right answers; None of none."""
    return sum(one.right for one in answers) / len(answers) if answers else None


def phases(days: Iterable[Day]) -> list[Phase]:
    """Returns the days as they belong together."""
    found: list[list[Day]] = []
    for day in days:
        if found and (found[-1][0].shifted, found[-1][0].version) == (day.shifted, day.version):
            found[-1].append(day)
        else:
            found.append([day])
    return [Phase(days=own) for own in found]


def head() -> str:
    return _row(HEADS, "what follows")


def line(day: Day) -> str:
    """Returns a day as a row of the table."""
    off = f"{day.column} {day.excess:.1f}{', drift' if day.fired else ''}"
    never = f"{_figure(share(day.never))} of {len(day.never)}"
    values = (day.number, day.camera, day.version, len(day.answers), _figure(share(day.answers)), never, off)
    return _row(map(str, values), _follows(day))


def lines(days: Sequence[Day]) -> Iterator[str]:
    """Yields what the table amounts to."""
    for phase in phases(days):
        yield phase.name
        yield f"  everybody         {_interval(phase.answers)}"
        if phase.never:
            yield f"  never trained on  {_interval(phase.never)}"
    for day in days:
        if day.made is not None:
            yield f"day {day.number}: retrained, for {day.cause}: {day.reason}"
            yield f"  version {day.made} {day.decided}"
            yield from (f"  {why}" for why in day.gates)


def _follows(day: Day) -> str:
    said = day.action if day.action == "nothing" else f"{day.cause} → {day.action}"
    return said if day.made is None else f"{said}: version {day.made} {day.decided}"


def _row(values: Iterable[str], last: str) -> str:
    return "".join(f"{value:<{width}}" for value, width in zip(values, WIDTHS, strict=True)) + last


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(answers: Sequence[Answered]) -> str:
    found, people = accuracy(answers), len({one.client for one in answers})
    return (
        f"accuracy {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), {found.count:,} answers to {people} people"
    )
