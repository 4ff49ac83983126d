import json
import math

import numpy as np
import pytest

from pipeline.params import AgainstProduction, Gates, Rule
from registry.gates import Decision, judge, with_history
from registry.paired import Incomparable, InProduction, Paired

RULE = AgainstProduction(margin=0.05, bootstrap=200)


def paired(lost: int = 0, gained: int = 0, units: int = 12, clips: int = 50, **fields: object) -> Paired:
    """In each unit the candidate misses `lost` clips that the incumbent gets, and gets `gained` that it misses."""
    candidate, incumbent = np.ones((units, clips), bool), np.ones((units, clips), bool)
    candidate[:, :lost] = False
    incumbent[:, clips - gained :] = False
    unit = np.repeat([f"s{i}" for i in range(units)], clips)
    return Paired(version=3, candidate=candidate.ravel(), incumbent=incumbent.ravel(), unit=unit, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "rule", "words"),
    [
        (0.912, Rule(min=0.8), "m 0.912 ≥ 0.8: passed"),
        (0.7, Rule(min=0.8), "m 0.700 < 0.8: refused"),
        (0.79996, Rule(min=0.8), "m 0.79996 < 0.8: refused"),
        (0.8, Rule(min=0.8), "m 0.800 ≥ 0.8: passed"),
        (0.06, Rule(max=0.05), "m 0.060 > 0.05: refused"),
        (0.5, Rule(min=0.4, max=0.6), "m 0.500 ≥ 0.4 and ≤ 0.6: passed"),
        (None, Rule(min=0.8), "m missing, ≥ 0.8 asked for: refused"),
        (math.nan, Rule(min=0.8), "m not a number, ≥ 0.8 asked for: refused"),
    ],
)
def test_a_floor_says_what_it_saw(value: float | None, rule: Rule, words: str) -> None:
    decision = judge({"accuracy": value}, Gates(accuracy=rule), None)
    assert decision.reasons[0] == words.replace("m ", "accuracy ", 1)
    assert decision.passed == words.endswith("passed")


def test_every_broken_rule_is_reported() -> None:
    decision = judge({"accuracy": 0.1}, Gates(accuracy=Rule(min=0.5), ece=Rule(max=0.1)), None)
    assert [check.passed for check in decision.checks] == [False, False]


def test_an_equal_model_passes_and_a_worse_one_does_not() -> None:
    gates = Gates(against_production=RULE)
    assert judge({}, gates, paired(lost=1, gained=1, clips=100)).passed
    worse = judge({}, gates, paired(lost=10))
    assert worse.status == "refused"
    assert worse.reasons[0].startswith("against version 3: −20.0 points (lower bound −")
    assert worse.comparison is not None
    assert worse.comparison.lost == 120


def test_margin_zero_asks_for_better() -> None:
    gates = Gates(against_production=RULE.model_copy(update={"margin": 0.0}))
    assert judge({}, gates, paired(gained=10)).passed
    same = judge({}, gates, paired())
    assert same.status == "refused"
    assert "0.0 points" in same.reasons[0]
    assert "must be better" in same.reasons[0]


def test_what_cannot_be_shown_says_so() -> None:
    close = judge({}, Gates(against_production=RULE), paired(lost=1, clips=25))
    assert "close, but 300 clips of 12 groups cannot show it" in close.reasons[0]


def test_few_groups_are_not_enough_evidence_however_good() -> None:
    decision = judge({}, Gates(against_production=RULE), paired(gained=20, units=9, left_out=("a", "b")))
    assert decision.status == "not enough evidence"
    assert decision.reasons[0] == (
        "against version 3: 9 test groups (2 left out: version 3 learned from them), 10 needed: not enough evidence. "
        "A person decides."
    )


def test_no_common_clip_is_not_enough_evidence() -> None:
    decision = judge({}, Gates(against_production=RULE), paired(units=0))
    assert decision.status == "not enough evidence"


def test_a_broken_floor_outranks_missing_evidence() -> None:
    gates = Gates(accuracy=Rule(min=0.9), against_production=RULE)
    assert judge({"accuracy": 0.1}, gates, paired(units=2)).status == "refused"


def test_an_incumbent_that_cannot_be_asked_is_not_comparable() -> None:
    gates = Gates(accuracy=Rule(min=0.5), against_production=RULE)
    decision = judge({"accuracy": 0.9}, gates, Incomparable(version=3, why="it reads 'body' points"))
    assert decision.status == "not comparable"
    assert decision.reasons[1] == "against version 3: not comparable, it reads 'body' points. A person decides."


def test_without_the_paired_rule_only_floors_count() -> None:
    gates = Gates(accuracy=Rule(min=0.5), against_production=None)
    assert judge({"accuracy": 0.9}, gates, Incomparable(version=3, why="gone")).passed
    assert judge({"accuracy": 0.9}, Gates(accuracy=Rule(min=0.5)), InProduction(version=3)).passed


def test_a_decision_survives_json() -> None:
    gates = Gates(accuracy=Rule(min=0.5), ece=Rule(max=0.1), against_production=RULE)
    decision = with_history(judge({"accuracy": 0.9}, gates, paired(lost=3)), 4)
    assert decision.reasons[-1] == "this test set has already decided 4 times"
    again = Decision.from_json(json.loads(json.dumps(decision.to_json(), allow_nan=False)))
    assert again == decision
    assert with_history(decision, 0) is decision
