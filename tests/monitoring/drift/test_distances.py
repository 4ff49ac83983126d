import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import energy_distance, wasserstein_distance

from monitoring.drift.columns import Column
from monitoring.drift.distances import FEW, Table

NUMBER = Column(name="x", family="input", kind="number")
SHARE = Column(name="x_share", family="seen", kind="share")
NAME = Column(name="x", family="input", kind="category")


def between(column: Column, window: list, reference: list) -> float:
    """Returns the distance of two samples, each row once."""
    rows = pd.DataFrame({column.name: [*window, *reference]})
    of_window = np.repeat([1.0, 0.0], [len(window), len(reference)])
    return float(Table.of(rows, [column]).between(of_window[None], 1 - of_window[None])[0, 0])


def test_numbers_by_hand():
    assert between(NUMBER, [3.0, 3.0], [0.0, 2.0]) == pytest.approx(2.0)  # mean way 2, standard deviation 1
    assert between(SHARE, [1.0, 1.0], [0.0, 1.0]) == pytest.approx(0.5**0.5)  # √(2 · ½²)
    assert between(NAME, ["a"], ["b"]) == pytest.approx(np.log(2) ** 0.5)


def test_missing_values_are_left_out_of_a_distance():
    assert between(NUMBER, [3.0, 3.0, np.nan], [0.0, 2.0, np.nan]) == pytest.approx(2.0)
    assert np.isnan(between(NUMBER, [np.nan], [0.0, 2.0]))
    assert np.isnan(between(NAME, [None], ["a"]))


@pytest.mark.parametrize("different", [FEW // 2, 10 * FEW])
def test_weights_are_rows_repeated(different):
    rng = np.random.default_rng(0)
    values = rng.integers(0, different, 300) + 0.5
    window, reference = rng.integers(0, 3, (2, 300)).astype(float)
    sampled = [np.repeat(values, weights.astype(int)) for weights in (window, reference)]
    for column, known in (
        (NUMBER, wasserstein_distance(*sampled) / np.std(sampled[1])),
        (SHARE, energy_distance(*sampled)),
    ):
        found = Table.of(pd.DataFrame({column.name: values}), [column]).between(window[None], reference[None])
        assert found[0, 0] == pytest.approx(known)


def test_names_counted_by_weights():
    names = np.array(["a", "b", "c", "a"], dtype=object)
    window, reference = np.array([[1.0, 2, 0, 1], [0, 0, 1, 0]]), np.array([[1.0, 1, 1, 1], [5, 1, 0, 0]])
    found = Table.of(pd.DataFrame({"x": names}), [NAME]).between(window, reference)[:, 0]
    assert found == pytest.approx([jensenshannon([2, 2, 0], [2, 1, 1]), jensenshannon([0, 0, 1], [5, 1, 0])])


def test_half_the_precision_loses_little():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(1000, 1, 5000)})
    weights = rng.integers(0, 2, (2, 1, 5000)).astype(float)
    exact = Table.of(rows, [NUMBER]).between(*weights)
    rough = Table.of(rows, [NUMBER], dtype=np.float32).between(*weights.astype(np.float32))
    assert rough == pytest.approx(exact, abs=2e-4)
