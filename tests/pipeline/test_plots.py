"""The tables that are drawn, and what is chosen for the pictures."""

import numpy as np
import pandas as pd
import pytest

from pipeline.contract import NO_HAND
from pipeline.importance import TENTHS, Moments
from pipeline.plots import SHOWN, flattened, named_pairs, rows
from tests.factories import make_samples

NAMES = np.array(["rain", "snow", "river", NO_HAND], dtype=object)
PAIRS = pd.DataFrame({"actual": [1, 0, 2], "predicted": [0, 2, -1], "clips": [3, 2, 1]})


def test_answers_that_are_alike_lie_together_and_the_picture_is_the_same_each_time():
    sure = np.full((9, 3), 0.05)
    sure[np.arange(9), np.repeat([0, 1, 2], 3)] = 0.9
    places = flattened(sure).to_numpy().reshape(3, 3, 2)
    assert np.ptp(places, axis=1).max() == 0
    apart = np.linalg.norm(places[:, None, 0] - places[None, :, 0], axis=-1)
    assert apart[np.triu_indices(3, 1)].min() > 1
    assert flattened(sure[::-1])[::-1].to_numpy().tolist() == flattened(sure).to_numpy().tolist()


def test_two_classes_leave_the_second_axis_flat():
    assert flattened(np.array([[0.9, 0.1]]))["y"].tolist() == [0.0]


def test_a_confused_minimal_pair_says_in_what_it_differs_whichever_was_taken_for_the_other():
    known = {"minimal_pairs": [["rain", "snow", "movement"], ["river", "road", "shape"]]}
    table = named_pairs(PAIRS, NAMES, known)
    assert table["actual"].tolist() == ["snow", "rain", "river"]
    assert table["predicted"].tolist() == ["rain", "river", NO_HAND]
    assert table["differs_in"].tolist() == ["movement", "", ""]


@pytest.mark.parametrize(("provenance", "columns"), [({}, 0), ({"minimal_pairs": []}, 1)])
def test_a_source_that_knows_no_minimal_pairs_has_no_such_column(provenance: dict[str, object], columns: int):
    table = named_pairs(PAIRS, NAMES, provenance)
    assert list(table.columns)[3:] == ["differs_in"] * columns
    assert named_pairs(PAIRS.iloc[:0], NAMES, provenance).columns.tolist() == table.columns.tolist()


def test_some_classes_are_shown_each_by_the_clip_that_loses_most():
    """Twenty classes of two clips: the second of a pair loses more; frames are the middles of tenths."""
    samples = make_samples(num_groups=1, classes="ABCDEFGHIJKLMNOPQRST", clips=2, frames=20)
    drops = np.zeros((40, TENTHS))
    drops[1::2, 3] = 0.25
    shown = rows(Moments(samples, drops))
    assert len(shown) == SHOWN
    assert all(row.clip % 2 == 1 for row in shown)
    assert [shown[0].clip, shown[-1].clip] == [1, 39]
    assert list(shown[0].frames) == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert shown[0].said == "less certain by 0.25 at most"
    assert rows(Moments(samples.select(np.array([], np.int64)), np.empty((0, TENTHS)))) == []
