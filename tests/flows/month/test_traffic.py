"""People who come: a window as the prediction log has it, some dozen people, nobody twice, what they ask for."""

from collections import Counter

import numpy as np

from flows.month.scenes import SCENES, USUAL_TRAFFIC, Scene
from flows.month.traffic import START, Answering, Visit, answered, come, crowd
from monitoring.log import reading
from monitoring.log.database import Database
from pipeline.contract import NO_HAND
from pipeline.evaluate import predictions
from pipeline.summary import figures

from . import answering as tiny


def window(who: Answering, scene: Scene = USUAL_TRAFFIC, seed: int = 1, rows: int = 500):
    return answered(Visit(scene=scene, seed=seed, rows=rows), who, who.open())


def test_a_window_has_the_columns_of_the_prediction_log(who, tmp_path):
    samples, _ = come(Visit(scene=USUAL_TRAFFIC, seed=1, rows=9), who.data, tiny.LETTERS)
    empty = reading.read(Database.open(f"sqlite:///{tmp_path / 'log.db'}"), "letters")
    assert list(window(who).columns) == [*empty.columns, *figures(samples)]


def test_answers_are_those_of_the_stage_evaluate(who):
    samples, _ = come(Visit(scene=USUAL_TRAFFIC, seed=1), who.data, tiny.LETTERS)
    said = predictions(samples, *who.open().scores(samples))
    found = window(who)
    assert NO_HAND not in set(found["label"])
    assert found["label"].tolist() == said["label"].tolist()
    np.testing.assert_allclose(found[["confidence", "entropy"]], said[["confidence", "entropy"]], rtol=1e-6)


def test_ten_to_thirty_people_come_in_sessions_and_nobody_comes_twice(who):
    one, other = window(who, seed=1), window(who, seed=2)
    for found in (one, other):
        people = Counter(found["client"])
        assert len(found) == 500
        assert 10 <= len(people) <= 30
        assert min(people.values()) >= 3
        assert found["time"].is_monotonic_increasing
        assert found["time"].min() >= START
        by_person = found.groupby("client", observed=True)["time"]
        assert (by_person.max() - by_person.min()).max().total_seconds() <= 0.3 * 86_400
    assert not set(one["client"]) & set(other["client"])
    assert not np.isin(one["hand_size"], other["hand_size"]).any()


def test_the_same_seed_is_the_same_window_in_processes_of_its_own(who):
    visits = [Visit(scene=USUAL_TRAFFIC, seed=seed, rows=40) for seed in (1, 2)]
    with crowd(who, 1) as here, crowd(who, 2) as there:
        for one, other in zip(here.windows(visits), there.windows(visits), strict=True):
            assert one.equals(other)


def test_who_spells_words_asks_for_e_most(who):
    spelling = next(scene for scene in SCENES if scene.words)
    mix = dict(zip(tiny.LETTERS, spelling.mix(tiny.LETTERS), strict=True))
    assert mix["E"] > mix["A"] > mix["B"]
    samples, _ = come(Visit(scene=spelling, seed=1), who.data, tiny.LETTERS)
    asked = np.bincount(samples.target) / 500
    np.testing.assert_allclose(asked, list(mix.values()), atol=0.08)
    even, _ = come(Visit(scene=USUAL_TRAFFIC, seed=1), who.data, tiny.LETTERS)
    np.testing.assert_allclose(np.bincount(even.target) / 500, 1 / 3, atol=0.08)
