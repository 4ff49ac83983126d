"""A calibration chosen on clips, with numbers that one checks by hand."""

import numpy as np
import pytest

from pipeline.calibrating import calibrate, worth
from pipeline.calibration import Calibration
from pipeline.metrics import Scored, wilson
from pipeline.params import Evaluate

CONFIG = Evaluate(bootstrap=100, calibration_support=20, certain_accuracy=0.9)


def make_answers(*kinds: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits [N, 2], seen, target: of each kind (odds for class 0, how often right, how often wrong)."""
    logits = np.concatenate([np.tile([np.log(odds), 0.0], (right + wrong, 1)) for odds, right, wrong in kinds])
    target = np.concatenate([np.repeat([0, 1], [right, wrong]) for _, right, wrong in kinds])
    return logits.astype(np.float32), np.ones(len(target), np.float32), target


@pytest.mark.parametrize(
    ("odds", "right", "wrong", "temperature"),
    [
        (81.0, 9_000, 1_000, 2.0),  # 81 to 1 where 9 to 1 is true: log 81 / log 9
        (3.0, 9_000, 1_000, 0.5),  # too humble
        (9.0, 9_000, 1_000, 1.0),
    ],
)
def test_the_temperature_makes_odds_come_true(odds: float, right: int, wrong: int, temperature: float):
    found = calibrate(*make_answers((odds, right, wrong)), CONFIG)
    assert found.temperature == pytest.approx(temperature, rel=1e-3)


def test_right_about_all_is_not_sure_of_everything():
    found = calibrate(*make_answers((9.0, 50, 0)), CONFIG)
    assert 0.3 < found.temperature < 1
    assert calibrate(*make_answers((9.0, 5000, 0)), CONFIG).temperature < found.temperature
    assert found.threshold == 0, "all pass"
    assert (found.uncertain_share, found.certain_accuracy, found.num_clips) == (0, 1, 50)


def test_wrong_about_all_is_hot_and_not_infinite():
    found = calibrate(*make_answers((9.0, 0, 50)), CONFIG)
    assert 1 < found.temperature <= 20


def test_the_threshold_is_the_smallest_that_reaches_the_accuracy():
    # three kinds, each as often right as it says, so that the temperature stays 1: 0.95, 0.7 and 0.55
    found = calibrate(*make_answers((19.0, 950, 50), (7 / 3, 140, 60), (11 / 9, 110, 90)), CONFIG)
    assert found.temperature == pytest.approx(1, abs=0.01)
    assert found.threshold == pytest.approx(0.71, abs=0.011), "just above what says 0.7"
    assert found.uncertain_share == pytest.approx(400 / 1400)
    assert found.certain_accuracy == 0.95
    assert found.certain_accuracy_low == wilson(950, 1000, 0.95)[0] > 0.9
    assert found.words == "accuracy 0.9 of certain answers is shown on 1400 validation clips"


def test_a_few_lucky_answers_show_nothing():
    # ten of ten are right above, and the bound of that is 0.72: the thousand below show more
    found = calibrate(*make_answers((99.0, 10, 0), (4.0, 800, 200)), CONFIG)
    assert found.threshold == 0
    assert found.uncertain_share == 0
    low = wilson(810, 1010, 0.95)[0]
    assert found.certain_accuracy_low == low
    assert found.words == f"accuracy 0.9 of certain answers is not shown on 1010 validation clips, {low:.3f} is"


def test_where_the_accuracy_is_not_reached_the_most_accurate_answers_stay():
    found = calibrate(*make_answers((4.0, 800, 200), (11 / 9, 550, 450)), CONFIG)
    assert found.threshold == pytest.approx(0.56, abs=0.011)
    assert found.uncertain_share == 0.5
    assert found.certain_accuracy == 0.8


@pytest.mark.parametrize("count", [0, 1, 19])
def test_with_few_clips_nothing_is_calibrated(count: int):
    logits, seen, target = make_answers((9.0, 0, 19))
    found = calibrate(logits[:count], seen[:count], target[:count], CONFIG)
    assert (found.temperature, found.threshold) == (1.0, None)
    assert found.words == f"not calibrated: {count} answered validation clips, 20 needed"


def test_a_clip_without_a_hand_has_no_say():
    logits, seen, target = make_answers((9.0, 50, 10), (1.0, 0, 1000))
    seen[60:], logits[60:] = 0, np.nan
    assert calibrate(logits, seen, target, CONFIG) == calibrate(logits[:60], seen[:60], target[:60], CONFIG)
    nobody = calibrate(logits, np.zeros_like(seen), target, CONFIG)
    assert nobody.words == "not calibrated: 0 answered validation clips, 20 needed"


def test_what_it_is_worth_on_other_clips():
    logits, seen, target = make_answers((81.0, 9, 1), (1.0, 1, 1))
    logits[10:] = [-1.0, 1.0], [np.log(9), 0.0]  # a wrong one below the threshold; one without a hand
    seen[11] = 0
    calibration = Calibration(temperature=2.0, threshold=0.89)
    scored = Scored(
        probabilities=calibration.probabilities(logits), seen=seen, target=target, group=np.array(["a"] * 12)
    )
    found = worth(scored, logits, calibration, CONFIG)
    assert found["uncertain_share"] == pytest.approx(1 / 11)
    assert found["certain_accuracy"] == 0.9
    own = [81 / 82] * 9 + [1 / 82] + [1 / (1 + np.e**2), 0.1]
    assert found["nll_uncalibrated"] == pytest.approx(-np.log(own).mean(), rel=1e-6)
    gaps = [10 * (81 / 82 - 0.9), 1 * (1 / (1 + np.e**-2)), 1 * 0.9]  # clips × |confidence − accuracy| of three bins
    assert found["ece_uncalibrated"] == pytest.approx(sum(gaps) / 12, rel=1e-6)
    assert set(worth(scored, logits, Calibration(), CONFIG)) == {"ece_uncalibrated", "nll_uncalibrated"}
