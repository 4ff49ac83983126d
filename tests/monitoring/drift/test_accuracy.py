import numpy as np
import pandas as pd
import pytest

from monitoring.drift.accuracy import Usual, corrected, expected, standard_error, wilson

ONE_EACH = np.arange(100)


def answers(right: int, *, count: int = 100, said: int | None = None) -> pd.DataFrame:
    """Returns answers "A" of which people say the first `said` were A, or B beyond `right`."""
    truth = ["A" if i < right else "B" for i in range(count)]
    spoken = count if said is None else said
    return pd.DataFrame({"label": "A", "truth": [*truth[:spoken], *[None] * (count - spoken)], "confidence": 0.9})


def test_corrected_accuracy_by_hand():
    found = corrected(answers(90), ONE_EACH)
    assert found is not None
    assert (found.value, found.count) == (0.9, 100)
    assert (found.low, found.high) == pytest.approx((0.8256, 0.9448), abs=0.002)  # Wilson, of tables
    assert corrected(answers(9, said=10), ONE_EACH) == corrected(answers(9, count=10), np.arange(10))
    assert corrected(answers(0, said=0), ONE_EACH) is None


def test_answers_of_few_clients_count_for_fewer():
    spread, bunched = (corrected(answers(80), clients) for clients in (ONE_EACH, ONE_EACH // 20))
    assert spread is not None
    assert bunched is not None
    assert bunched.high - bunched.low > 1.8 * (spread.high - spread.low)


def test_promises_are_lowered_by_what_the_test_clips_show():
    reference = pd.DataFrame(
        {
            "part": "test",
            "group": [f"{i // 10}" for i in range(100)],
            "target": ["A"] * 80 + ["B"] * 20,
            "label": "A",
            "confidence": 0.95,
        }
    )
    usual = Usual.of(reference)
    assert (usual.accuracy, usual.promised) == pytest.approx((0.8, 0.95))
    found = expected(answers(0).assign(confidence=0.75), ONE_EACH, usual)
    assert found is not None
    assert found.value == pytest.approx(0.6)  # 0.75 promised, 0.15 too much
    assert found.low < 0.6 < found.high
    assert expected(answers(0), np.zeros(100, int), usual) is not None
    alone = expected(answers(0), np.zeros(100, int), usual)
    assert alone is not None
    assert (alone.low, alone.high) == (0, 1)
    assert expected(answers(0), ONE_EACH, Usual.of(reference.drop(columns="target"))) is None


def test_where_no_hand_was_seen_nothing_is_right():
    usual = Usual(accuracy=0.9, promised=0.9)
    rows = answers(0).assign(confidence=[0.9] * 50 + [np.nan] * 50)
    found = expected(rows, ONE_EACH, usual)
    assert found is not None
    assert found.value == pytest.approx(0.45)


def test_the_standard_error_is_of_groups():
    values = np.array([0.0, 0.0, 1.0, 1.0])
    assert standard_error(values, np.array([0, 0, 1, 1])) == pytest.approx(0.5)  # two people, 0 and 1
    assert standard_error(values, np.zeros(4, int)) == np.inf


def test_wilson_stays_within_0_and_1():
    assert wilson(1.0, 5)[1] == 1.0
    assert wilson(0.0, 5) == pytest.approx((0, 0.4345), abs=1e-3)
