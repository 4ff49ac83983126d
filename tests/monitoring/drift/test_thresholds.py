import numpy as np
import pytest

from monitoring.drift.measuring import measure
from monitoring.drift.thresholds import Limits, calibrate, from_json, to_json
from pipeline.errors import InputError
from tests.monitoring.drift.factories import NOW, column, reference, watch, window


def of(limits: Limits, people: float) -> list[float]:
    found = limits.of(people)
    assert found is not None
    return list(found)


def fired(thresholds, *, people=10, seeds=100, **changed):
    """Counts the windows of new people that fire."""
    reports = [
        measure(
            thresholds,
            window(range(1000 + people * seed, 1000 + people * (seed + 1)), **changed),
            track="letters",
            version=1,
            made=NOW,
        )
        for seed in range(seeds)
    ]
    assert all(report.calibrated for report in reports)
    return sum(report.fired for report in reports)


def test_people_never_seen_do_not_fire_and_what_is_moved_does():
    thresholds = calibrate(reference(80), watch(alarm_rate=0.02), window=100)
    assert thresholds.why_not == ""
    assert fired(thresholds) <= 6  # 2 expected; more than 6 by chance in 5 of 1000 runs
    assert fired(thresholds, seeds=20, size=1.0) == 20
    assert fired(thresholds, seeds=20, seen=0.2) >= 18


def test_few_people_in_a_window_are_given_more_room():
    found = calibrate(reference(80), watch(), window=100)
    size = [c.name for c in found.panels[0].columns].index("hand_size")
    room = [of(found.limits[0], people)[size] for people in (1, 2, 5, 10, 30)]
    assert room == sorted(room, reverse=True)
    assert room[0] > 1.5 * room[-1]
    assert of(found.limits[0], 0.5)[size] == room[0]


def test_between_known_numbers_of_people_the_line_is_above_the_curve():
    curve = [1.0, 2**-0.5, 0.5]  # 1/√people at 1, 2, 4
    limits = Limits(people=(1, 2, 4), above=tuple((x,) for x in curve))
    assert of(limits, 2) == pytest.approx(curve[1:2])
    assert of(limits, 3)[0] > 3**-0.5
    assert of(limits, 100)[0] == 0.5


def test_too_few_people_give_no_thresholds_and_say_so():
    found = calibrate(reference(16), watch(), window=100)
    assert not found.calibrated
    assert "train and validation clips: 12 people, expected at least 20" in found.why_not
    report = measure(found, window(range(1000, 1010), size=9.0), track="letters", version=1, made=NOW)
    assert (report.calibrated, report.fired) == (False, False)
    assert (column(report, "hand_size").distance or 0) > 3


def test_scores_of_too_few_people_leave_the_figures_calibrated():
    found = calibrate(reference(32), watch(), window=100)
    assert found.calibrated
    assert found.why_not == "validation and test answers: 16 people, expected at least 20"
    report = measure(found, window(range(1000, 1010), size=9.0), track="letters", version=1, made=NOW)
    assert report.fired
    assert column(report, "confidence").threshold is None


def test_the_same_seed_finds_the_same_and_it_survives_json():
    first, second = (calibrate(reference(40), watch(resamples=200), window=100) for _ in range(2))
    assert from_json(to_json(first.limits)) == first.limits == second.limits


def test_more_rows_than_a_person_has_are_drawn_again():
    assert calibrate(reference(40, each=4), watch(resamples=200), window=500).calibrated


def test_a_reference_that_is_none():
    with pytest.raises(InputError, match="expected the columns part and group"):
        calibrate(reference(20).drop(columns="group"), watch(), window=100)
    with pytest.raises(InputError, match="expected figures of clips"):
        calibrate(reference(20).iloc[:0], watch(), window=100)


def test_a_mix_of_labels_moves_the_label_and_not_the_figures():
    thresholds = calibrate(reference(80), watch(), window=100)
    drawn = window(range(1000, 1030), rows=900)
    mixed = drawn[(drawn["label"] == "C") | (np.arange(len(drawn)) % 5 == 0)].iloc[:200]
    report = measure(thresholds, mixed, track="letters", version=1, made=NOW)
    assert [found.name for found in report.columns if found.fired] == ["label"]
