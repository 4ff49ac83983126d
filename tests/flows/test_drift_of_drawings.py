"""A served track of drawings reports drift: real requests, the log, the reference that travels with the version."""

import numpy as np
import pandas as pd

from flows.drift import look
from monitoring.log.database import Database
from monitoring.policy import Past, decide
from pipeline.params import Policy
from pipeline.params.watching import Watch
from pipeline.samples import from_clips
from pipeline.summary import summarise
from registry.store import local_store
from tests.serving.factories import serving, settings
from tests.serving.forms import CLASSES, put

PEOPLE, EACH = 24, 15
WATCH = Watch(window=100, min_predictions=50, resamples=200)


def drawings(person: int, *, thick: int = 2) -> np.ndarray:
    """Returns a person's drawings [N, 28, 28]: a frame, and in its middle a dot as large as the person likes."""
    rng = np.random.default_rng(person)
    made = np.zeros((EACH, 28, 28), np.uint8)
    for n, one in enumerate(made):
        one[n % 3, : 20 + int(rng.integers(0, 6))] = 255
        one[8 : 8 + thick, 4 : 20 + int(rng.integers(0, 4))] = 255
        one[20 : 22 + person % 3, 10:14] = 255
    return made


def reference() -> pd.DataFrame:
    parts = []
    for person in range(PEOPLE):
        found = summarise(
            from_clips(
                drawings(person)[:, None],
                target=[n % 3 for n in range(EACH)],
                group=[f"person {person}"] * EACH,
                ids=[f"{person}/{n}" for n in range(EACH)],
                class_names=CLASSES,
                form="bitmap",
            )
        )
        target = [CLASSES[n % 3] for n in range(EACH)]
        parts.append(found.assign(part="train", group=f"person {person}", target=target))
    return pd.concat(parts, ignore_index=True)


def test_a_thicker_pen_is_told_as_such_and_the_same_pen_is_not(tmp_path):
    store = local_store(tmp_path / ".signloop")
    put(store, tmp_path, reference=reference())
    made = settings(store, tmp_path, tracks=("sketches",))
    with serving(made) as client, Database.open(made.database) as database:
        for thick, fires in ((2, False), (6, True)):
            for person in range(8):
                body = {"clips": drawings(100 + person, thick=thick).tolist()}
                answer = client.post("/v1/sketches/predict", json=body, headers={"x-client-id": f"{thick} {person}"})
                assert answer.status_code == 200
            found = look(store, database, "sketches", WATCH)
            assert (found.report.form, found.report.calibrated, found.report.fired) == ("bitmap", True, fires)
        before = [Past(report=found.report)]
        policy, watch = Policy(fresh=0), WATCH.model_copy(update={"firing": 1})
        verdict = decide(found.report, before, policy, watch, now=found.report.made)
    assert (verdict.action, verdict.cause) == ("warn", "canvas")
    assert verdict.reasons[0].endswith("look there first")
