"""A small month to its end: a drift, the retraining that it calls for, the version that the server goes over to."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flows.month.healing import diary
from flows.month.healing.diary import Day, Phase
from flows.month.healing.people import Plan
from flows.month.healing.play import OVERLAY, play
from flows.month.healing.project import SECRET
from monitoring.log.clients import client_key
from pipeline import samples
from pipeline.feedback import CLIENT, RECENT, TRAINED
from registry import entries
from registry.store import STATE, local_store

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[4]
PLAN = Plan(days=9, changes=3, people=60, speak=1.0)  # every answer is spoken of, so that few days are enough
AFTERWARDS = 2  # days of the new version


@dataclass(frozen=True)
class Played:
    root: Path
    days: list[Day]

    @property
    def phases(self) -> list[Phase]:
        return diary.phases(self.days)


def until_healed(days: Iterator[Day]) -> Iterator[Day]:
    """Yields days up to some after a promotion."""
    left = None
    for day in days:
        yield day
        left = AFTERWARDS if day.promoted else left and left - 1
        if left == 0:
            return


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Played:
    home = tmp_path_factory.mktemp("healing")
    yaml, overlay = YAML(typ="safe"), home / "overlay.yaml"
    values = yaml.load((HERE / OVERLAY).read_text(encoding="utf-8"))
    values["watch"] |= {"window": 400, "resamples": 500}
    with overlay.open("w", encoding="utf-8") as file:
        yaml.dump(values, file)
    with closing(play(HERE, home / "project", plan=PLAN, overlay=overlay)) as days:
        return Played(home / "project", list(until_healed(days)))


def test_a_drift_leads_by_itself_to_a_version_that_answers(played):
    quiet, before, *_, after = played.phases
    assert not any(day.fired for day in quiet.days)
    assert before.days[0].fired
    caller = next(day for day in played.days if day.promoted)
    assert (caller.action, caller.number) == ("retrain", after.days[0].number - 1)
    assert caller.cause not in ("none", "corrections", "detector")
    assert after.days[0].version == caller.made
    assert len(after.days) == AFTERWARDS


def test_people_never_trained_on_are_understood_again(played):
    quiet, before, *_, after = (diary.accuracy(phase.never).value for phase in played.phases)
    assert before < quiet - 0.1
    assert after > before + 0.08


def test_the_gate_compared_on_people_whom_no_version_learned_from(played):
    caller = next(day for day in played.days if day.promoted)
    better = next(why for why in caller.gates if why.startswith("on recent clips against version 1: +"))
    assert better.endswith("must be better: passed")
    groups = {name: set(samples.read(played.root / "feedback/letters" / name).group) for name in (TRAINED, RECENT)}
    last = max(day.number for day in played.days if day.made)
    upto = [day for day in played.days if day.number <= last]
    never = {CLIENT + client_key(SECRET.encode(), one.client) for day in upto for one in day.never}
    everybody = {CLIENT + client_key(SECRET.encode(), one.client) for day in upto for one in day.answers}
    assert {CLIENT + key for key in groups[RECENT]} == never
    assert {CLIENT + key for key in groups[TRAINED]} == everybody - never


def test_the_ledger_says_that_drift_called_for_it(played):
    moves = [entry for entry in entries.read(local_store(played.root / STATE), "letters") if entry.moves]
    assert [(entry.before, entry.after) for entry in moves[:2]] == [(None, 1), (1, played.phases[-1].days[0].version)]
    assert moves[1].who.startswith("promote stage, for drift: ")
