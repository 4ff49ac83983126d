"""Errors of two models on the same clips, by numbers that one checks by hand."""

import numpy as np
import pytest

from pipeline.params import AgainstProduction, Gates
from registry.gates import Decision, judge
from registry.paired import Paired, measured

RULE = AgainstProduction(margin=0.01, bootstrap=200)


def errors(more: float, *, units: int = 12, clips: int = 20, lower_is_better: bool = True) -> Paired:
    """Returns errors of about 0.17: the candidate's are larger by `more`, give or take 0.001 by unit."""
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(units), clips)
    incumbent = 0.17 + 0.05 * rng.standard_normal(units * clips)
    candidate = incumbent + more + np.where(unit % 2, 0.001, -0.001)
    return Paired(
        version=3,
        candidate=candidate,
        incumbent=incumbent,
        unit=unit.astype(str),
        metric="mae" if lower_is_better else "ssim",
        lower_is_better=lower_is_better,
    )


def test_a_smaller_error_is_the_better_one_and_what_all_clips_share_costs_no_evidence() -> None:
    """Means 0.02 apart, 12 units that scatter by ±0.001: the bound is t(0.95, 11) · 0.001 / √11 below."""
    found = measured(errors(-0.02), 0.0, RULE)
    assert found.difference == pytest.approx(0.02)
    assert found.bounds["cluster_t"] == pytest.approx(0.02 - 1.796 * 0.001 / np.sqrt(11), abs=1e-5)
    assert set(found.bounds) == {"cluster_t", "bootstrap"}
    assert (found.gained, found.lost, found.units, found.clips) == (240, 0, 12, 240)
    assert found.against == pytest.approx(found.candidate + 0.02)


def test_an_error_is_held_to_the_margin_in_its_own_unit_and_words() -> None:
    gates = Gates(against_production=RULE)
    passed, refused = judge({}, gates, errors(0.002)), judge({}, gates, errors(0.02))
    assert passed.reasons[0] == (
        "against version 3: mae 0.171 against 0.169: +0.002 (upper bound +0.0025), may be worse by at most 0.01: passed"
    )
    assert refused.status == "refused"
    assert "+0.02 (upper bound +0.021), may be worse by at most 0.01: refused" in refused.reasons[0]
    assert refused.checks[0].rule == "< +0.01"
    assert Decision.from_json(refused.to_json()) == refused


def test_a_measure_of_which_more_is_better_turns_the_words_round() -> None:
    gates = Gates(against_production=RULE.model_copy(update={"margin": 0.0}))
    better = judge({}, gates, errors(0.02, lower_is_better=False))
    assert better.passed
    assert "ssim 0.189 against 0.169: +0.02 (lower bound +0.019), must be better: passed" in better.reasons[0]
    assert judge({}, gates, errors(-0.02, lower_is_better=False)).status == "refused"


def test_few_groups_are_no_evidence_of_errors_either() -> None:
    decision = judge({}, Gates(against_production=RULE), errors(0.0, units=3))
    assert decision.status == "not enough evidence"
