"""What a set of predictions is worth: accuracy, floors over classes and groups, calibration, intervals.

Sources: expected calibration error, Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3;
Wilson's interval, Wilson 1927, doi:10.1080/01621459.1927.10502953.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from pipeline.params import Evaluate

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
IMPOSSIBLE = 1e-12  # a smaller probability counts as this one: its logarithm stays finite
PAIR_COLUMNS = ("actual", "predicted", "clips", "share")
CLASS_COLUMNS = ("k", "support", "precision", "recall", "recall_low", "recall_high", "f1")
GROUP_COLUMNS = ("group", "support", "accuracy", "accuracy_low", "accuracy_high")


@dataclass(frozen=True, kw_only=True)
class Scored:
    """N answered clips; a clip in which no hand was seen is answered *no hand*, which is never its label."""

    probabilities: Floats  # [N, K]
    seen: Floats  # [N], share of frames with a hand
    target: Ints  # [N], class ids
    group: NDArray[Any]  # [N]

    @property
    def predicted(self) -> Ints:
        return np.where(self.seen > 0, self.probabilities.argmax(1), -1)

    @property
    def correct(self) -> NDArray[np.bool_]:
        return self.predicted == self.target


def measure(scored: Scored, config: Evaluate) -> dict[str, float | int]:
    """Returns the metrics by name.

    A metric that cannot be measured (no class or group has `min_support`) is left out, and its gate then fails.
    """
    low, high = bootstrap(scored, config)
    own = scored.probabilities[np.arange(len(scored.target)), scored.target]
    above = (scored.probabilities > own[:, None]).sum(1)
    classes, groups = by_class(scored, config), by_group(scored, config)
    return {
        "accuracy": float(scored.correct.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        **{f"top{n}_accuracy": float(((above < n) & (scored.seen > 0)).mean()) for n in (3, 5)},
        "macro_f1": float(classes["f1"].mean()),
        **_worst(classes, "recall", "worst_class_recall", config),
        **_worst(groups, "accuracy", "worst_group_accuracy", config),
        "ece": expected_calibration_error(scored, config.calibration_bins),
        "nll": negative_log_likelihood(scored),
        "num_clips": len(scored.target),
        "num_groups": len(groups),
        "num_no_hand": int((scored.seen == 0).sum()),
    }


def bootstrap(scored: Scored, config: Evaluate) -> tuple[float, float]:
    """Returns the percentile interval of the accuracy, resampling whole groups."""
    hits = pd.Series(scored.correct).groupby(scored.group.astype(str)).agg(["sum", "size"]).to_numpy(float)
    draws = np.random.default_rng(config.seed).integers(0, len(hits), (config.bootstrap, len(hits)))
    sums = hits[draws].sum(1)
    tail = (1 - config.confidence) / 2
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [tail, 1 - tail])
    return float(low), float(high)


def by_class(scored: Scored, config: Evaluate) -> pd.DataFrame:
    """Returns support, precision, recall with its interval, and F1 of each class that occurs."""
    rows = []
    for k in np.unique(scored.target):
        hits = int(((scored.predicted == k) & (scored.target == k)).sum())
        support, answered = int((scored.target == k).sum()), int((scored.predicted == k).sum())
        low, high = wilson(hits, support, config.confidence)
        f1 = 2 * hits / (support + answered)
        rows.append((int(k), support, hits / answered if answered else 0.0, hits / support, low, high, f1))
    return pd.DataFrame(rows, columns=pd.Index(CLASS_COLUMNS))


def by_group(scored: Scored, config: Evaluate) -> pd.DataFrame:
    """Returns support and accuracy with its interval of each group."""
    rows = []
    for name in sorted(set(scored.group)):
        hits, support = int(scored.correct[scored.group == name].sum()), int((scored.group == name).sum())
        rows.append((name, support, hits / support, *wilson(hits, support, config.confidence)))
    return pd.DataFrame(rows, columns=pd.Index(GROUP_COLUMNS))


def confused_pairs(scored: Scored, most: int) -> pd.DataFrame:
    """Returns which class was taken for which, the most frequent first, and for what share of its clips.

    -1 among `predicted` is *no hand*.
    """
    wrong = ~scored.correct
    pairs = pd.DataFrame({"actual": scored.target[wrong], "predicted": scored.predicted[wrong]})
    counted = pairs.value_counts(sort=False).rename("clips").reset_index()
    support = np.bincount(scored.target, minlength=scored.probabilities.shape[1])
    counted["share"] = counted["clips"] / support[counted["actual"]]
    order = counted.sort_values(["clips", "share", "actual", "predicted"], ascending=[False, False, True, True])
    return order.loc[:, list(PAIR_COLUMNS)].head(most)


def reliability(scored: Scored, bins: int) -> pd.DataFrame:
    """Returns, for each bin of confidence that occurs, the mean confidence and the accuracy in it."""
    confidence = scored.probabilities.max(1).astype(float)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    frame = pd.DataFrame({"bin": place, "confidence": confidence, "accuracy": scored.correct.astype(float)})
    mean = frame.groupby("bin").agg(
        clips=("bin", "size"), confidence=("confidence", "mean"), accuracy=("accuracy", "mean")
    )
    return mean.reset_index()


def expected_calibration_error(scored: Scored, bins: int) -> float:
    table = reliability(scored, bins)
    return float((table["clips"] * (table["confidence"] - table["accuracy"]).abs()).sum() / table["clips"].sum())


def negative_log_likelihood(scored: Scored) -> float:
    """Returns the mean over all clips; one without a hand counts with what a model says then, all classes alike."""
    own = scored.probabilities[np.arange(len(scored.target)), scored.target].astype(float)
    return float(-np.log(np.maximum(own, IMPOSSIBLE)).mean())


def wilson(hits: int, count: int, confidence: float) -> tuple[float, float]:
    """Returns Wilson's interval of a share; clips count as independent."""
    z2 = float(norm.ppf((1 + confidence) / 2)) ** 2
    share = hits / count
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2) * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _worst(table: pd.DataFrame, column: str, name: str, config: Evaluate) -> dict[str, float]:
    counted = table.loc[table["support"] >= config.min_support].sort_values(column)
    if counted.empty:
        return {}
    worst = counted.iloc[0]
    return {name: float(worst[column]), f"{name}_low": float(worst[f"{column}_low"])}
