import pytest

from serving.guards.rates import Rates


def test_a_bucket_empties_and_fills():
    rates = Rates(2)  # 4 at once
    assert [rates.take("ada", 0) for _ in range(4)] == [0, 0, 0, 0]
    assert rates.take("ada", 0) == pytest.approx(0.5)
    assert rates.take("bob", 0) == 0
    assert rates.take("ada", 0.25) == pytest.approx(0.25)
    assert rates.take("ada", 0.5) == 0
    assert rates.take("ada", 0.5) == pytest.approx(0.5)
    assert [rates.take("ada", 100) for _ in range(5)] == [0, 0, 0, 0, pytest.approx(0.5)]


def test_less_than_one_a_second_still_lets_one_in():
    rates = Rates(0.1)
    assert rates.take("ada", 0) == 0
    assert rates.take("ada", 5) == pytest.approx(5)
    assert rates.take("ada", 10) == 0


def test_who_has_not_asked_for_longest_is_forgotten():
    rates = Rates(0.001, max_clients=2)
    for client in ("ada", "bob", "ada", "cyd"):
        rates.take(client, 0)
    assert len(rates) == 2
    assert rates.take("bob", 0) == 0  # forgotten
    assert rates.take("cyd", 0) > 0
