"""People come, sign and are answered: windows of predictions as the prediction log's table has them.

Each window has 10 to 30 people; some ask often, some rarely, each in a session of their own that overlaps with others'.
Nobody comes in two windows. Figures and answers are those of the server: pipeline.summary, and the exported model.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flows.month.scenes import Scene
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.contract import NO_HAND
from pipeline.params import SyntheticLetters
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from pipeline.sources.synthetic_letters import film
from pipeline.summary import summarise

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = (10, 30)  # of a window of 500; fewer in a shorter one
FEWEST = 3  # predictions of one of them
SESSION = 0.3  # of a window's time
START = datetime(2026, 3, 2, tzinfo=UTC)
DRAWS = 1_000_000  # the number of the window's own draws beside its signers'


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a window is made of: a scene, the seed of its people, how many predictions and when."""

    scene: Scene
    seed: int
    rows: int = 500
    begins: datetime = START
    lasts: timedelta = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Who answers: a model's file with its calibration, and the data that it was made with."""

    model: Path
    data: SyntheticLetters
    version: int = 1
    calibration: Calibration = AS_IT_IS

    def open(self) -> Predictor:
        return Predictor.open(self.model, calibration=self.calibration)


def busy(rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
    """Returns how much each of the people asks who come in a window: some often, some rarely."""
    most = max(1, min(PEOPLE[1], rows // FEWEST))
    num_people = int(rng.integers(min(PEOPLE[0], most), most + 1))
    least = FEWEST if rows >= FEWEST * num_people else 0
    return least + rng.multinomial(rows - FEWEST * num_people, rng.dirichlet(np.full(num_people, 2.0)))


def come(visit: Visit, data: SyntheticLetters, letters: tuple[str, ...]) -> tuple[Samples, NDArray[np.float64]]:
    """Returns a window's clips in the order in which they are sent, and when, as shares of its time."""
    rng = np.random.default_rng([visit.seed, DRAWS])
    counts = busy(rng, visit.rows)
    mix = visit.scene.mix(letters)
    wanted = [rng.choice(len(letters), size=count, p=mix) for count in counts]
    begins = np.repeat(rng.uniform(0, 1 - SESSION, len(counts)), counts)
    times = begins + SESSION * rng.random(len(begins))
    samples = film(data.model_copy(update={"seed": visit.seed}), wanted, setting=visit.scene.setting)
    order = np.argsort(times)
    return samples.select(order), times[order]


def answered(visit: Visit, answering: Answering, predictor: Predictor) -> "pd.DataFrame":
    """Returns a window as `monitoring.log.reading.chunks` would; nobody has said yet what is true."""
    samples, times = come(visit, answering.data, predictor.contract.class_names)
    return table(samples, times, visit, answering, predictor)


def table(
    samples: Samples, times: NDArray[np.float64], visit: Visit, answering: Answering, predictor: Predictor
) -> "pd.DataFrame":
    """Returns clips as the log's table has them, by the model's answers."""
    import pandas as pd

    probabilities, seen = predictor.scores(samples)
    safe = np.clip(probabilities, 1e-12, 1)
    best = -np.sort(-probabilities, axis=1)[:, :2]
    known = seen > 0
    confidence = np.where(known, best[:, 0], np.nan)
    label = np.where(known, np.array(predictor.contract.class_names, dtype=object)[probabilities.argmax(1)], NO_HAND)
    clients = np.array([f"{visit.seed}/{group}" for group in samples.group], dtype=object)
    own = pd.DataFrame(
        {
            "time": (visit.begins + pd.to_timedelta(times * visit.lasts.total_seconds(), unit="s")).floor("us"),
            "id": [f"{visit.seed}-{i}" for i in range(len(samples))],
            "version": answering.version,
            "role": "production",
            "of": None,
            "label": label,
            "confidence": confidence,
            "entropy": np.where(known, -(safe * np.log(safe)).sum(1), np.nan),
            "uncertain": pd.array([answering.calibration.uncertain(float(c)) for c in confidence], dtype="boolean"),
            "latency_ms": 1.0,
            "client": clients,
            "source": "predict",
            "margin": np.where(known, best[:, 0] - best[:, 1], np.nan),
            "truth": pd.Series([None] * len(samples), dtype="object"),
        }
    )
    for name in ("role", "label", "client", "source", "truth"):
        own[name] = own[name].astype("category")
    return pd.concat([own, summarise(samples)], axis=1)


_MINE: list[tuple[Answering, Predictor]] = []  # of this process


def _open(answering: Answering) -> None:
    _MINE[:] = [(answering, answering.open())]


def _answered(visit: Visit) -> "pd.DataFrame":
    return answered(visit, *_MINE[0])


@contextmanager
def crowd(answering: Answering, processes: int) -> Iterator["Crowd"]:
    """Yields what lets many windows be made at once, in processes of their own; for 1, in this one."""
    if processes == 1:
        _open(answering)
        yield Crowd(None)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _open, (answering,)) as pool:
        yield Crowd(pool)


@dataclass(frozen=True)
class Crowd:
    """Makes windows, in the order of their visits."""

    pool: ProcessPoolExecutor | None

    def windows(self, visits: list[Visit]) -> Iterator["pd.DataFrame"]:
        yield from self.pool.map(_answered, visits, chunksize=4) if self.pool else map(_answered, visits)
