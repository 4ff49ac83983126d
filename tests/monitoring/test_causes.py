"""Which cause the columns point to that fired, and what is said of them."""

from dataclasses import replace

import pytest

from monitoring import causes
from monitoring.chains import chain
from monitoring.drift.report import ColumnDrift
from tests.monitoring.reports import column, lost_hand, report, sure


def first(*columns: ColumnDrift) -> str:
    return next(iter(causes.strengths(causes.fired([report(*columns)]))))


def seen(side: str, now: float, then: float, excess: float) -> ColumnDrift:
    return column(f"{side}_seen_share", "seen", kind="share", window=now, reference=then, excess=excess)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("seen_share", "detector"),
        ("point_missing_share", "detector"),
        ("jitter", "detector"),
        ("fps", "camera"),
        ("shoulder_tilt_deg", "camera"),
        ("left_size", "camera"),
        ("centre_y", "camera"),
        ("handedness", "people"),
        ("spread", "people"),
        ("right_height", "people"),
        ("wrist_distance", "people"),
        ("what_nobody_named", "unknown"),
    ],
)
def test_a_column_points_to_a_cause_by_its_name(name: str, cause: str) -> None:
    assert first(column(name, "input", excess=2.0)) == cause


def test_the_strongest_column_names_the_cause_and_scores_never_before_others() -> None:
    weak, strong = column("spread", "input", excess=2.0), column("tilt_deg", "input", excess=3.0)
    assert first(weak, strong, sure(9.0)) == "camera"
    assert first(column("label", "label", kind="category", excess=4.0), weak) == "labels"
    assert first(sure(1.5)) == "model"
    assert first(sure(1.5), column("embedding", "embedding", excess=9.0)) in ("model", "unknown")


def test_half_the_frame_rate_explains_jumping_hands() -> None:
    assert first(column("jitter", "input", excess=9.0), column("fps", "input", excess=2.0)) == "camera"
    assert first(column("jitter", "input", excess=9.0), column("fps", "input", excess=0.9)) == "detector"


def test_left_handed_signers_explain_where_they_stand() -> None:
    hand = column("handedness", "input", kind="category", window="left", reference="right", excess=2.0)
    assert first(hand, column("centre_x", "input", excess=5.0), column("tilt_deg", "input", excess=7.0)) == "people"


def test_a_hand_seen_less_is_the_detector_unless_the_other_is_seen_more() -> None:
    assert first(*lost_hand()) == "detector"
    assert first(seen("right", 0.4, 0.9, 6.0), seen("left", 0.9, 0.4, 6.0)) == "people"
    assert first(seen("right", 0.4, 0.9, 6.0), seen("left", 0.3, 0.4, 6.0)) == "detector"


def test_a_column_is_told_as_a_person_would() -> None:
    said = causes.words(lost_hand()[1])
    assert said == "right hand seen in 61 % of frames, 94 % in training"
    told = causes.words(column("right_size", "input", window=0.123456, reference=0.2))
    assert told == "right size 0.123, 0.2 in training"
    hand = column("handedness", "input", kind="category", window="left", reference="right")
    assert causes.words(hand) == "hand that signs: most often 'left', 'right' in training"
    assert causes.words(column("fps", "input", window=None, reference=30.0)) == "frame rate nothing, 30 in training"


def test_a_figure_that_clips_lack_is_the_detectors_unless_it_comes_with_the_clip() -> None:
    lacking = column("hand_size missing", "seen", kind="share", excess=3.0, window=0.4, reference=0.02)
    assert first(lacking, column("tilt_deg", "input", excess=2.0)) == "detector"
    assert causes.words(lacking) == "no size of the hand in 40 % of clips, 2 % in training"
    assert first(column("fps missing", "input", kind="share", excess=3.0)) == "camera"


def test_a_column_that_never_varied_is_the_strongest() -> None:
    aspect = replace(column("aspect", "input", excess=0.01), threshold=0.0)
    assert first(aspect, column("spread", "input", excess=9.0)) == "camera"


def test_of_several_windows_the_strongest_of_a_column_counts() -> None:
    two = [report(column("spread", "input", excess=excess)) for excess in (2.0, 5.0)]
    assert causes.fired(two)["spread"].excess == 5.0


@pytest.mark.parametrize(
    ("name", "cause", "words"),
    [
        ("stroke_width", "canvas", "width of the lines 0.2, 0.1 in training"),
        ("height", "canvas", "height of the drawing 0.2, 0.1 in training"),
        ("pieces", "people", "pieces that do not touch 0.2, 0.1 in training"),
        ("centre_x missing", "canvas", "no place across the sheet in 0.2 of drawings, 0.1 in training"),
    ],
)
def test_a_figure_of_a_drawing_points_to_the_pen_or_the_people(name: str, cause: str, words: str) -> None:
    family = "seen" if name.endswith("missing") else "input"
    found = column(name, family, window=0.2, reference=0.1, excess=2.0)
    assert next(iter(causes.strengths(causes.fired([report(found)]), chain("bitmap")))) == cause
    assert causes.words(found, chain("bitmap")) == words


def test_whatever_is_measured_of_a_series_points_to_the_sensor() -> None:
    found = column("trend", "input", excess=2.0)
    assert next(iter(causes.strengths(causes.fired([report(found)]), chain("series")))) == "sensor"
