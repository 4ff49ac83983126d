"""Looks at traffic as `signloop watch` does: the newest predictions, a report, a verdict, again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from monitoring import policy as policies
from monitoring.drift.measuring import measure
from monitoring.drift.report import Report
from monitoring.drift.thresholds import Thresholds
from monitoring.policy import Past, Verdict
from pipeline.params import Policy, Watch

if TYPE_CHECKING:
    import pandas as pd

TRACK = "letters"
EVERY = 50  # predictions between two looks: the flow looks by the hour, whatever came in it


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a look needs: thresholds of the version in Production, and the rules of params.yaml."""

    thresholds: Thresholds
    watch: Watch
    policy: Policy
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Detection:
    """When a shift was found, in predictions since it began; None where it was not.

    fired    first report with a column above its threshold
    acted    first verdict that is not `nothing`: it takes several such windows
    verdict  that one
    """

    fired: int | None
    acted: int | None
    verdict: Verdict | None


def look(rules: Rules, window: "pd.DataFrame", before: Sequence[Past]) -> Past:
    """Returns a window's report and what it leads to."""
    made = _time(window)
    report = report_of(rules, window, made)
    verdict = policies.decide(report, before, rules.policy, rules.watch, now=made)
    return Past(report=report, verdict=verdict)


def report_of(rules: Rules, window: "pd.DataFrame", made: datetime | None = None) -> Report:
    return measure(rules.thresholds, window, track=TRACK, version=rules.version, made=made or _time(window))


def looks(rules: Rules, stream: "pd.DataFrame", first: int) -> Iterator[tuple[int, Past]]:
    """Yields looks at a stream, the first one when so many predictions have come; and how many had come at each."""
    before: list[Past] = []
    for end in range(first, len(stream) + 1, EVERY):
        past = look(rules, stream.iloc[max(0, end - rules.watch.window) : end].reset_index(drop=True), before)
        before.append(past)
        yield end, past


def detection(rules: Rules, quiet: "pd.DataFrame", shifted: "pd.DataFrame") -> Detection:
    """Says when a shift that begins after a quiet window is found, and what is said of it."""
    import pandas as pd

    stream = pd.concat([quiet, shifted], ignore_index=True)
    fired = None
    for end, past in looks(rules, stream, len(quiet)):
        after = end - len(quiet)
        if after and fired is None and past.report.fired:
            fired = after
        if after and past.verdict and past.verdict.action != "nothing":
            return Detection(fired=fired, acted=after, verdict=past.verdict)
    return Detection(fired=fired, acted=None, verdict=None)


def _time(window: "pd.DataFrame") -> datetime:
    return window["time"].iloc[-1].to_pydatetime()
