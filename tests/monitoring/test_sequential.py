"""A test that may be looked at after every answer, over simulated answers of fixed seeds."""

import numpy as np
import pytest
from scipy.stats import norm

from monitoring.sequential import Trial, evidence, sequence

ALPHA = 0.05
RUNS, LENGTH = 2000, 600


def wins(chance: np.ndarray | float, seed: int) -> np.ndarray:
    """Returns how often the candidate had won after each of LENGTH settled answers, in RUNS runs."""
    return (np.random.default_rng(seed).random((RUNS, LENGTH)) < chance).cumsum(1)


COUNT = np.arange(1, LENGTH + 1)


def test_an_even_pair_is_decided_falsely_in_less_than_alpha_however_often_one_looks() -> None:
    won = wins(0.5, seed=1)
    ever = (evidence(won, COUNT, 0.5) >= -np.log(ALPHA)).any(1).mean()
    assert 0.005 < ever < ALPHA
    looked = np.abs(won - COUNT / 2) / np.sqrt(COUNT / 4) > norm.ppf(1 - ALPHA / 2)
    assert looked[:, 20:].any(1).mean() > 0.3  # what an ordinary test does to whom it lets look


@pytest.mark.parametrize(("share", "seed"), [(0.1, 2), (0.35, 3), (0.7, 4), (0.95, 5)])
def test_the_true_share_is_left_out_at_any_look_in_less_than_alpha(share: float, seed: int) -> None:
    assert (evidence(wins(share, seed), COUNT, share) >= -np.log(ALPHA)).any(1).mean() < ALPHA


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_a_clear_difference_is_found_soon(share: float) -> None:
    decided = evidence(wins(share, seed=6), COUNT, 0.5) >= -np.log(ALPHA)
    assert decided[:, 99].mean() > 0.95


def test_the_interval_is_what_evidence_does_not_refute() -> None:
    assert (sequence(0, 0, alpha=ALPHA).low, sequence(0, 0, alpha=ALPHA).high) == (0.0, 1.0)
    for won, count in ((19, 26), (3, 40), (12, 12), (0, 9)):
        found = sequence(won, count, alpha=ALPHA)
        assert 0 <= found.low <= won / count <= found.high <= 1
        edges = [edge for edge in (found.low, found.high) if 0 < edge < 1]
        assert edges
        assert [float(evidence(won, count, edge)) for edge in edges] == pytest.approx([-np.log(ALPHA)] * len(edges))
    # Of one answer: the mixture is 1/2, so shares below 1/40 are refuted at 0.05.
    assert sequence(1, 1, alpha=ALPHA).low == pytest.approx(0.025)


def trial(**changes: int) -> Trial:
    counts = {"answers": 500, "apart": 60, "spoken": 80, "settled": 50, "gained": 35, "lost": 10, "clients": 9}
    return Trial(**counts | changes)


def test_a_verdict_needs_evidence_and_several_clients() -> None:
    assert trial().verdict == "better"
    assert trial(gained=10, lost=35).verdict == "worse"
    assert trial(gained=6, lost=3).verdict == "continue"
    assert trial(clients=4).verdict == "continue"
    assert not trial().flattering
    assert trial(settled=29).flattering


@pytest.mark.parametrize(("clients", "least", "most"), [(5, 0.3, 0.6), (20, 0.08, 0.3), (100, 0.0, 0.07)])
def test_few_clients_with_shares_of_their_own_decide_for_themselves(clients: int, least: float, most: float) -> None:
    """What the test does not promise: the clients are even on the whole, and these few are not."""
    generator = np.random.default_rng(9)
    own, who = generator.beta(4.5, 4.5, (RUNS, clients)), generator.integers(0, clients, (RUNS, LENGTH))
    won = (generator.random((RUNS, LENGTH)) < np.take_along_axis(own, who, 1)).cumsum(1)
    assert least <= (evidence(won, COUNT, 0.5) >= -np.log(ALPHA)).any(1).mean() < most
