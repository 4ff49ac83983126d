"""People who come back: the same ones all month, some of them each day, before one camera and later before another."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flows.month.scenes import HEALED, SCENES, USUAL_TRAFFIC, Scene
from flows.month.traffic import DRAWS, busy
from pipeline.params import SyntheticLetters
from pipeline.samples import Samples
from pipeline.sources.synthetic_letters import film


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is played.

    days     in all
    changes  the first day of `scene`, counted from 1
    people   who come back
    speak    share of answers that somebody speaks of, right ones as often as wrong ones
    """

    days: int = 30
    changes: int = 7
    people: int = 120
    speak: float = 0.5
    scene: Scene = SCENES[0]
    seed: int = HEALED + 1  # the parameters were chosen on another

    def on(self, day: int) -> Scene:
        return self.scene if day >= self.changes else USUAL_TRAFFIC


@dataclass(frozen=True, kw_only=True)
class Session:
    """What one person asks on one day; `spoken` says of which answers something is said afterwards."""

    client: str
    clips: Samples
    spoken: NDArray[np.bool_]


def month(plan: Plan, data: SyntheticLetters, rows: int) -> Iterator[list[Session]]:
    """Yields each day's sessions, `rows` clips in all.

    Trap: filmed day by day, a person would draw the same random numbers again and send the same clips. So the clips of
    all days are filmed at once, in either setting, and dealt to the days.
    """
    rng = np.random.default_rng([plan.seed, DRAWS])
    counts = np.stack([_day(rng, plan, rows) for _ in range(plan.days)])
    before = counts.cumsum(axis=0) - counts
    first = counts.sum(axis=0).cumsum() - counts.sum(axis=0)
    wanted = [rng.integers(len(data.classes), size=count) for count in counts.sum(axis=0)]
    own = data.model_copy(update={"seed": plan.seed})
    filmed = {scene.name: film(own, wanted, setting=scene.setting) for scene in (USUAL_TRAFFIC, plan.scene)}
    for day, come in enumerate(counts):
        clips = filmed[plan.on(day + 1).name]
        yield [
            Session(
                client=f"person-{person}",
                clips=clips.select(first[person] + before[day, person] + np.arange(come[person])),
                spoken=rng.random(come[person]) < plan.speak,
            )
            for person in np.flatnonzero(come)
        ]


def _day(rng: np.random.Generator, plan: Plan, rows: int) -> NDArray[np.int64]:
    """Returns how much each of the people asks on a day, 0 who does not come."""
    asks = busy(rng, rows)
    counts = np.zeros(plan.people, np.int64)
    counts[rng.choice(plan.people, len(asks), replace=False)] = asks
    return counts
