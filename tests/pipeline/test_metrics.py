"""Metrics on a few clips, with numbers that one checks by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.metrics import (
    Scored,
    bootstrap,
    by_class,
    by_group,
    confused_pairs,
    expected_calibration_error,
    measure,
    reliability,
    wilson,
)
from pipeline.params import Evaluate

CONFIG = Evaluate(bootstrap=200, min_support=1)


def make_scored(
    answers: str,
    targets: str,
    *,
    groups: str | None = None,
    confidence: float | Sequence[float] = 0.75,
    num_classes: int = 4,
) -> Scored:
    """Answers and targets are letters from 'a', a clip each; '-' is a clip without a hand."""
    each = np.broadcast_to(np.asarray(confidence), len(answers))
    probabilities = np.empty((len(answers), num_classes))
    for row, letter, sure in zip(probabilities, answers, each, strict=True):
        row[:] = (1 - sure) / (num_classes - 1)
        row[0 if letter == "-" else ord(letter) - ord("a")] = sure
    return Scored(
        probabilities=probabilities,
        seen=np.array([float(letter != "-") for letter in answers]),
        target=np.array([ord(letter) - ord("a") for letter in targets]),
        group=np.array(list(groups or "g" * len(answers)), dtype=object),
    )


def test_accuracy_and_counts():
    metrics = measure(make_scored("aabb", "aaab", groups="xxyy"), CONFIG)
    assert metrics["accuracy"] == 0.75
    assert metrics["num_clips"] == 4
    assert metrics["num_groups"] == 2
    assert metrics["num_no_hand"] == 0


def test_a_clip_without_a_hand_is_wrong_even_where_its_label_scored_highest():
    scored = make_scored("-aab", "aaab")
    assert scored.predicted.tolist() == [-1, 0, 0, 1]
    metrics = measure(scored, CONFIG)
    assert metrics["accuracy"] == 0.75
    assert metrics["top3_accuracy"] == 0.75
    assert metrics["num_no_hand"] == 1


def test_top3_asks_whether_fewer_than_three_classes_scored_higher():
    probabilities = np.array([[0.4, 0.3, 0.2, 0.1]] * 4)
    scored = Scored(probabilities=probabilities, seen=np.ones(4), target=np.arange(4), group=np.array(["g"] * 4))
    metrics = measure(scored, CONFIG)
    assert metrics["top3_accuracy"] == 0.75
    assert metrics["top5_accuracy"] == 1.0
    assert metrics["accuracy"] == 0.25


def test_confused_pairs_are_counted_the_most_frequent_first():
    scored = make_scored("bbcabd-", "aaabbbc")
    table = confused_pairs(scored, most=3)
    assert table[["actual", "predicted", "clips"]].to_numpy().tolist() == [[0, 1, 2], [2, -1, 1], [0, 2, 1]]
    assert table["share"].tolist() == pytest.approx([2 / 3, 1, 1 / 3])
    assert confused_pairs(make_scored("ab", "ab"), most=3).empty


def test_precision_recall_and_f1_of_each_class_that_occurs():
    table = by_class(make_scored("aabbc", "aaabb"), CONFIG).set_index("k")
    assert table.index.tolist() == [0, 1]  # c was answered but never true, d never occurred
    assert table["support"].tolist() == [3, 2]
    assert table["precision"].tolist() == [1.0, 0.5]
    assert table["recall"].tolist() == [2 / 3, 0.5]
    assert table["f1"].tolist() == [0.8, 0.5]  # 2·2 / (3 + 2), 2·1 / (2 + 2)
    assert measure(make_scored("aabbc", "aaabb"), CONFIG)["macro_f1"] == pytest.approx(0.65)


def test_a_class_that_was_never_answered_has_precision_zero():
    table = by_class(make_scored("aa", "ab"), CONFIG).set_index("k")
    assert table.loc[1, ["precision", "recall", "f1"]].tolist() == [0.0, 0.0, 0.0]


def test_groups_are_scored_each_for_itself():
    table = by_group(make_scored("aabb", "aaab", groups="yxxx"), CONFIG)
    assert table["group"].tolist() == ["x", "y"]
    assert table["support"].tolist() == [3, 1]
    assert table["accuracy"].tolist() == [2 / 3, 1.0]


def test_the_worst_class_and_group_need_support():
    scored = make_scored("aaaab", "aaaba", groups="xxxxy")  # b: 0 of 1; a: 3 of 4; y: 0 of 1; x: 3 of 4
    assert measure(scored, CONFIG)["worst_class_recall"] == 0.0
    assert measure(scored, CONFIG)["worst_group_accuracy"] == 0.0
    supported = measure(scored, Evaluate(bootstrap=200, min_support=4))
    assert supported["worst_class_recall"] == 0.75
    assert supported["worst_group_accuracy"] == 0.75
    assert supported["worst_class_recall_low"] == wilson(3, 4, 0.95)[0]
    assert supported["worst_group_accuracy_low"] == wilson(3, 4, 0.95)[0]


def test_what_cannot_be_measured_is_left_out():
    metrics = measure(make_scored("aabb", "aabb"), Evaluate(bootstrap=200, min_support=5))
    assert not [name for name in metrics if name.startswith("worst")]
    assert metrics["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_the_published_interval(hits: int, count: int, low: float, high: float):
    """Source: Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3."""
    assert wilson(hits, count, 0.95) == pytest.approx((low, high), abs=5e-5)
    mirrored_low, mirrored_high = wilson(count - hits, count, 0.95)
    assert (1 - mirrored_high, 1 - mirrored_low) == pytest.approx((low, high), abs=5e-5)


def test_calibration_error_is_the_mean_gap_between_confidence_and_accuracy():
    scored = make_scored("aaaa", "abaa", confidence=(0.625, 0.625, 0.875, 1.0))
    table = reliability(scored, 8)
    assert table["bin"].tolist() == [5, 7]  # a confidence of 1 is in the last bin
    assert table["clips"].tolist() == [2, 2]
    assert table["confidence"].tolist() == [0.625, 0.9375]
    assert table["accuracy"].tolist() == [0.5, 1.0]
    assert expected_calibration_error(scored, 8) == pytest.approx((2 * 0.125 + 2 * 0.0625) / 4)
    assert measure(scored, Evaluate(bootstrap=200, calibration_bins=8))["ece"] == pytest.approx(0.09375)


def test_the_log_likelihood_is_of_the_true_class_and_finite():
    one = make_scored("ab", "aa", confidence=(0.5, 0.25), num_classes=2)
    assert measure(one, CONFIG)["nll"] == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    assert measure(make_scored("b", "a", confidence=1.0), CONFIG)["nll"] == pytest.approx(12 * np.log(10))


def test_the_interval_of_one_group_is_its_accuracy():
    assert bootstrap(make_scored("aabb", "aaab"), CONFIG) == (0.75, 0.75)


def test_the_interval_resamples_groups_not_clips():
    """Of a group always right and one always wrong, a quarter of the resamples holds only one, a quarter the other."""
    scored = make_scored("a" * 20 + "b" * 20, "a" * 40, groups="x" * 20 + "y" * 20)
    assert bootstrap(scored, CONFIG) == (0.0, 1.0)


def test_the_interval_weighs_groups_by_their_clips():
    """Groups of 1 right, 1 right and 8 wrong clips: resamples with the third once, twice score 2/10, 1/17."""
    scored = make_scored("aa" + "b" * 8, "a" * 10, groups="xy" + "z" * 8)
    low, high = bootstrap(scored, Evaluate(bootstrap=1000, confidence=0.8))
    assert low == 1 / 17  # 3.7 % of the resamples score less, 25.9 % score no more
    assert high == 1.0  # 29.6 % of them lack the third


def test_the_interval_follows_its_seed():
    rng = np.random.default_rng(0)
    groups = "".join(rng.choice(list("uvwxyz"), 60))
    scored = make_scored("".join(rng.choice(list("ab"), 60)), "a" * 60, groups=groups)
    first = bootstrap(scored, Evaluate(bootstrap=100, seed=1))
    assert first == bootstrap(scored, Evaluate(bootstrap=100, seed=1))
    assert first != bootstrap(scored, Evaluate(bootstrap=100, seed=2))
    assert first[0] < scored.correct.mean() < first[1]
