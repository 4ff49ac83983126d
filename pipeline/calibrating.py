"""Chooses a calibration on the validation clips, and says on others what it is worth.

The temperature has the least negative log-likelihood, drawn to 1 by as much as one clip weighs: a model that is right
about every clip would else be taken to be sure of everything. The threshold is the smallest one at which the accuracy
of the answers that reach it is shown to reach a target, by the lower end of Wilson's interval, so that a few lucky
answers show nothing; clips count as independent. Thresholds are whole hundredths and temperatures have four decimals,
which the last bits of another machine's arithmetic do not move.
Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 4.2.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from pipeline.calibration import Calibration, Floats
from pipeline.metrics import Scored, expected_calibration_error, negative_log_likelihood, wilson
from pipeline.params import Evaluate

COLDEST, HOTTEST = 1 / 20, 20.0
THRESHOLDS = [hundredth / 100 for hundredth in range(100)]


def calibrate(logits: Floats, seen: Floats, target: NDArray[np.integer], config: Evaluate) -> Calibration:
    """Returns temperature and threshold for validation clips [N, K]; a clip without a hand has no say."""
    answered = seen > 0
    logits, target = logits[answered].astype(np.float64), target[answered]
    if len(target) < config.calibration_support:
        few = f"{len(target)} answered validation clips, {config.calibration_support} needed"
        return Calibration(num_clips=len(target), words=f"not calibrated: {few}")
    fitted = Calibration(temperature=temperature(logits, target))
    probabilities = fitted.probabilities(logits)
    return _with_threshold(fitted.temperature, probabilities.max(1), probabilities.argmax(1) == target, config)


def temperature(logits: NDArray[np.float64], target: NDArray[np.integer]) -> float:
    """Returns what to divide logits [N, K] by."""
    own = np.arange(len(target)), target

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-log_probabilities[own].mean() + log_temperature**2 / (2 * len(target)))

    bounds = np.log(COLDEST), np.log(HOTTEST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return round(float(np.exp(found.x)), 4)


def _with_threshold(
    temperature: float, confidence: NDArray[np.float64], correct: NDArray[np.bool_], config: Evaluate
) -> Calibration:
    """Chooses the threshold; where none reaches the target, the one whose lower bound is the highest."""

    def at(threshold: float) -> tuple[float, float]:
        certain = confidence >= threshold
        hits, count = int(correct[certain].sum()), int(certain.sum())
        return (wilson(hits, count, config.confidence)[0], hits / count) if count else (0.0, 0.0)

    lows = [at(threshold)[0] for threshold in THRESHOLDS]
    goal = config.certain_accuracy
    reached = [threshold for threshold, low in zip(THRESHOLDS, lows, strict=True) if low >= goal]
    chosen = reached[0] if reached else THRESHOLDS[int(np.argmax(lows))]
    low, accuracy = at(chosen)
    share = float((confidence < chosen).mean())
    return Calibration(
        temperature=temperature,
        threshold=chosen,
        num_clips=len(correct),
        uncertain_share=share,
        certain_accuracy=accuracy,
        certain_accuracy_low=low,
        words=f"accuracy {goal:g} of certain answers is shown on {len(correct)} validation clips"
        if reached
        else f"accuracy {goal:g} of certain answers is not shown on {len(correct)} validation clips, {low:.3f} is",
    )


def worth(scored: Scored, logits: Floats, calibration: Calibration, config: Evaluate) -> dict[str, float]:
    """Returns metrics by name: what the calibration changed of these answers, and what its certain ones are worth.

    scored  as calibrated; what cannot be measured is left out
    """
    raw = Scored(
        probabilities=Calibration().probabilities(logits), seen=scored.seen, target=scored.target, group=scored.group
    )
    before = {
        "ece_uncalibrated": expected_calibration_error(raw, config.calibration_bins),
        "nll_uncalibrated": negative_log_likelihood(raw),
    }
    answered = scored.seen > 0
    if calibration.threshold is None or not answered.any():
        return before
    certain = answered & (scored.probabilities.max(1) >= calibration.threshold)
    accuracy = {"certain_accuracy": float(scored.correct[certain].mean())} if certain.any() else {}
    return before | accuracy | {"uncertain_share": float(1 - certain.sum() / answered.sum())}
