"""Numbers to check by hand, and the promise over simulated signers."""

import numpy as np
import pytest
from scipy import stats

from registry.simulation import Scenario, promoted, worse_by_the_margin
from registry.statistics import bounds, cluster_bootstrap, cluster_t, design_effect, tango

Z = stats.norm.ppf(0.95)


def test_tango_without_a_discordant_pair_is_known_in_closed_form() -> None:
    nothing = np.array(0.0)
    assert tango(nothing, nothing, np.array(100.0), 0.95) == pytest.approx(-(Z**2) / (100 + Z**2))


def test_tango_matches_its_published_example() -> None:
    # Tango 1998, section 5: of 44 pairs 43 agree on success and one is lost; the 90 % interval begins at −0.096.
    assert tango(np.array(0.0), np.array(1.0), np.array(44.0), 0.95) == pytest.approx(-0.096, abs=5e-4)


@pytest.mark.parametrize(("gained", "lost", "clips"), [(12, 2, 50), (3, 5, 80), (1, 7, 20), (40, 20, 160)])
def test_tango_solves_the_quartic_of_its_closed_form(gained: int, lost: int, clips: int) -> None:
    # Yang, Sun and Hardin 2013, Statistics in Medicine 32, 1336: both limits are roots of this polynomial.
    found = tango(np.array(float(gained)), np.array(float(lost)), np.array(float(clips)), 0.95)
    d, s, k, g = gained - lost, gained + lost, clips, Z**2
    quartic = [
        k**2 * (k / g + 1) ** 2,
        -k * d * (k / g + 1) * (4 * k / g + 1),
        2 * k * d**2 * (3 * k / g + 2) / g - k**2 * (s / g + 1),
        k * d * (2 * s / g + 1) - d**3 * (4 * k / g + 1) / g,
        d**2 * (d**2 / g - s) / g,
    ]
    assert np.abs(np.roots(quartic) - found).min() < 1e-6


def test_cluster_t_with_equal_units_is_the_t_interval_of_their_means() -> None:
    net, clips = np.array([1.0, -2.0, 0.0, 3.0]), np.full(4, 10.0)
    means = net / 10
    expected = means.mean() - stats.t.ppf(0.95, 3) * means.std(ddof=1) / 2
    assert cluster_t(net, clips, 0.95) == pytest.approx(expected)


def test_bootstrap_is_seeded_and_lies_within_the_units() -> None:
    net, clips = np.array([-3.0, 0.0, 1.0, 2.0]), np.array([10.0, 20.0, 10.0, 5.0])
    found = cluster_bootstrap(net, clips, 0.95, 500, 7)
    assert found == cluster_bootstrap(net, clips, 0.95, 500, 7)
    assert -0.3 <= found <= net.sum() / clips.sum()


def test_a_unit_that_loses_all_at_once_counts_as_few_clips() -> None:
    lost, clips = np.array([20.0, 0, 0, 0, 0, 0, 0, 0]), np.full(8, 20.0)
    widening = (stats.t.ppf(0.95, 7) / Z) ** 2
    assert design_effect(np.zeros(8), lost, clips, 0.95) / widening > 20
    spread = np.array([3.0, 2, 3, 2, 3, 2, 3, 2])
    assert design_effect(np.zeros(8), spread, clips, 0.95) / widening == pytest.approx(1 + 19 * 0.05)


def test_replicates_side_by_side_equal_one_at_a_time() -> None:
    generator = np.random.default_rng(0)
    gained, lost = generator.integers(0, 4, (2, 12, 5)).astype(float)
    clips = generator.integers(5, 30, 12).astype(float)
    together = bounds(gained, lost, clips, confidence=0.95, bootstrap=200, seed=1)
    alone = [bounds(gained[:, r], lost[:, r], clips, confidence=0.95, bootstrap=200, seed=1) for r in range(5)]
    np.testing.assert_allclose(together.lower, [one.lower for one in alone])


@pytest.mark.parametrize("correlation", [0.0, 0.05])
def test_a_model_worse_by_the_margin_is_promoted_in_at_most_5_percent(correlation: float) -> None:
    trials = 400
    rates = np.array(
        [promoted(s, trials=trials, seed=i, bootstrap=200) for i, s in enumerate(worse_by_the_margin((correlation,)))]
    )
    assert len(rates) == 144
    assert rates.mean() <= 0.03
    noise = stats.binom.ppf(1 - 0.01 / len(rates), trials, 0.05) / trials  # the most that 5 % shows in 144 scenarios
    assert rates.max() <= noise


def test_an_equal_model_with_plenty_of_clips_is_promoted() -> None:
    for gain, correlation in ((0.01, 0.02), (0.02, 0.02), (0.01, 0.05)):
        scenario = Scenario(units=40, clips=100, gain=gain, worse=0.0, margin=0.02, correlation=correlation)
        assert promoted(scenario, trials=400, seed=1) > 0.8


def test_an_equal_model_rarely_passes_for_a_better_one() -> None:
    scenario = Scenario(units=30, clips=50, gain=0.03, worse=0.0, margin=0.0, correlation=0.05)
    assert promoted(scenario, trials=1000, seed=2) <= 0.06
