"""What a report leads to: k of n windows, causes that stay, cooldown, budget, corrections."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.drift.report import Report
from monitoring.policy import Past, Verdict, decide
from pipeline.params import Policy, Watch
from tests.monitoring.reports import DAY, HOUR, START, accuracy, column, lost_hand, report, sure

WATCH, POLICY = Watch(), Policy()
RANK = {"nothing": 0, "warn": 1, "retrain": 2}
CORRECTED = {"corrected": accuracy(0.7)}
TILTED = column("tilt_deg", "input", excess=4.0, window=30.0, reference=2.0)
LABELS = column("label", "label", kind="category", excess=3.0, window="A", reference="E")
SPREAD = column("spread", "input", excess=3.0)


def looks(*windows: Report, corrections: int = 0, **policy: Any) -> list[Verdict]:
    """Looks at windows, an hour each, and returns what was said of each, the oldest first."""
    before: list[Past] = []
    rules = Policy(**policy)
    for number, window in enumerate(windows):
        at = START + number * HOUR
        moved = Report(**vars(window) | {"made": at, "since": at - HOUR, "until": at})
        verdict = decide(moved, before, rules, WATCH, now=at, corrections=corrections)
        before.insert(0, Past(report=moved, verdict=verdict))
    return [past.verdict for past in reversed(before) if past.verdict]


def asked(at: datetime, cause: Any = "model") -> Past:
    return Past(report=report(at=at), verdict=Verdict(action="retrain", cause=cause, reasons=("so",)))


def test_a_lost_hand_is_told_with_what_helps_and_never_retrained() -> None:
    *_, verdict = looks(report(*lost_hand(), sure(9.0), **CORRECTED), report(*lost_hand(), sure(9.0), **CORRECTED))
    assert (verdict.action, verdict.cause) == ("warn", "detector")
    said = "right hand seen in 61 % of frames, 94 % in training: camera or detector; retraining will not help"
    assert verdict.reasons[0] == said


@pytest.mark.parametrize(
    ("columns", "fields", "expected"),
    [
        ([TILTED], {}, ("warn", "camera")),
        ([TILTED, sure(5.0)], {}, ("warn", "camera")),
        ([TILTED], CORRECTED, ("retrain", "camera")),
        ([LABELS], {}, ("warn", "labels")),
        ([LABELS, sure(5.0)], {}, ("warn", "labels")),
        ([SPREAD], {}, ("warn", "people")),
        ([SPREAD, sure(5.0)], {}, ("retrain", "people")),
        ([sure(5.0)], {}, ("retrain", "model")),
        ([sure()], CORRECTED, ("retrain", "model")),
        ([sure()], {"expected": accuracy(0.7)}, ("retrain", "model")),
        ([sure()], {"corrected": accuracy(0.83)}, ("nothing", "none")),
        ([sure()], {"corrected": accuracy(0.5, count=POLICY.min_corrected - 1)}, ("nothing", "none")),
    ],
)
def test_what_two_windows_lead_to(columns: list[Any], fields: dict[str, Any], expected: tuple[str, str]) -> None:
    *_, verdict = looks(report(*columns, **fields), report(*columns, **fields))
    assert (verdict.action, verdict.cause) == expected


def test_one_window_that_fires_is_not_enough_and_says_what_it_saw() -> None:
    first, second = looks(report(TILTED), report(sure()))
    assert (first.action, second.action) == ("nothing", "nothing")
    assert first.reasons == ("1 of the 2 windows that it takes fired: tilt in degrees 30, 2 in training",)


def test_two_looks_at_the_same_predictions_are_one_window() -> None:
    at = START + timedelta(minutes=5)
    first = report(TILTED)
    again = report(TILTED, at=at)
    assert decide(again, [Past(report=first)], POLICY, WATCH, now=at).action == "nothing"
    later = report(TILTED, at=START + timedelta(minutes=20))
    assert decide(later, [Past(report=again), Past(report=first)], POLICY, WATCH, now=START).action == "warn"


def test_windows_of_another_version_do_not_count() -> None:
    before = [Past(report=report(TILTED, version=2))]
    assert decide(report(TILTED, at=START + HOUR), before, POLICY, WATCH, now=START + HOUR).action == "nothing"


def test_a_cause_stays_until_all_windows_are_quiet() -> None:
    quiet, tilted = report(sure()), report(TILTED)
    said = looks(tilted, tilted, quiet, tilted, quiet, quiet, quiet, tilted)
    assert [v.action for v in said] == ["nothing", "warn", "warn", "warn", "warn", "warn", "nothing", "nothing"]
    assert {v.cause for v in said if v.action == "warn"} == {"camera"}


def test_a_cause_does_not_flap_with_the_strength_of_two() -> None:
    tilted, spread = (column(name, "input", excess=2.0) for name in ("tilt_deg", "spread"))
    more = [column(name, "input", excess=2.5) for name in ("spread", "tilt_deg")]
    both = [report(tilted, more[0]), report(spread, more[1])] * 3
    assert len({v.cause for v in looks(*both) if v.action == "warn"}) == 1


def test_what_is_uncalibrated_or_too_few_leads_to_nothing_and_says_why() -> None:
    few = decide(report(TILTED, predictions=99), [], POLICY, WATCH, now=START)
    assert few.reasons == ("99 predictions in the window, nothing is said of fewer than 100",)
    why = report(calibrated=False, why_not="6 people in the reference, 20 needed")
    verdict = decide(why, [], POLICY, WATCH, now=START)
    assert (verdict.action, verdict.cause) == ("nothing", "collecting")
    assert verdict.reasons == ("uncalibrated: 6 people in the reference, 20 needed",)


def test_what_people_say_counts_also_uncalibrated() -> None:
    wrong = report(calibrated=False, why_not="few", **CORRECTED)
    assert looks(wrong, wrong)[1].action == "retrain"


def test_enough_corrections_retrain_by_themselves() -> None:
    (verdict,) = looks(report(), corrections=200)
    assert (verdict.action, verdict.cause) == ("retrain", "corrections")
    assert verdict.reasons == ("200 new corrections, 200 set off a retraining",)
    assert looks(report(), corrections=199)[0].action == "nothing"
    assert looks(report(), corrections=10**6, min_corrections=0)[0].action == "nothing"


def test_a_drift_is_not_forgotten_where_corrections_retrain() -> None:
    said = looks(*[report(*lost_hand())] * 3, corrections=200)
    assert [v.cause for v in said] == ["corrections", "corrections", "corrections"]
    assert said[1].reasons[1].startswith("right hand seen in 61 %")


def test_the_cooldown_is_told() -> None:
    windows = [Past(report=report(sure(5.0)))]
    at = START + HOUR
    verdict = decide(report(sure(5.0), at=at), [*windows, asked(START - HOUR)], POLICY, WATCH, now=at)
    assert verdict.action == "warn"
    assert verdict.reasons[-1] == (
        "not retrained: a retraining was set off at 2026-05-03 23:00; the next one not before 2026-05-04 23:00"
    )


def test_the_budget_of_a_week_is_told_and_renewed() -> None:
    windows, at = [Past(report=report(sure(5.0)))], START + HOUR
    two = [asked(at - 3 * DAY), asked(at - 6 * DAY)]
    verdict = decide(report(sure(5.0), at=at), [*windows, *two], POLICY, WATCH, now=at)
    assert verdict.reasons[-1] == "not retrained: 2 of 2 retrainings of this week are used up: a person decides"
    later = [asked(at - 3 * DAY), asked(at - 7 * DAY)]
    assert decide(report(sure(5.0), at=at), [*windows, *later], POLICY, WATCH, now=at).action == "retrain"


COLUMNS = st.builds(
    lambda which, excess: column(*which, excess=excess),
    st.sampled_from(
        [
            ("tilt_deg", "input"),
            ("spread", "input"),
            ("right_seen_share", "seen"),
            ("jitter", "input"),
            ("label", "label"),
        ]
    ),
    st.floats(0, 5),
)
ACCURACIES = st.one_of(st.none(), st.builds(accuracy, st.floats(0, 1), count=st.integers(1, 500)))
REPORTS = st.builds(
    lambda columns, score, corrected, expected, calibrated: report(
        *columns, sure(score), corrected=corrected, expected=expected, calibrated=calibrated
    ),
    st.lists(COLUMNS, max_size=4, unique_by=lambda column: column.name),
    st.floats(0, 3),
    ACCURACIES,
    ACCURACIES,
    st.booleans(),
)


@given(st.lists(REPORTS, min_size=1, max_size=60), st.integers(0, 400), st.integers(0, 48), st.integers(0, 4))
def test_never_in_the_cooldown_and_never_above_the_budget(
    windows: list[Report], corrections: int, cooldown: int, weekly: int
) -> None:
    said = looks(*windows, corrections=corrections, cooldown_h=cooldown, weekly=weekly)
    at = [number for number, verdict in enumerate(said) if verdict.action == "retrain"]
    assert all(b - a >= cooldown for a, b in pairwise(at))
    assert len(at) <= weekly  # sixty hours are less than a week
    assert all(verdict.reasons and all(verdict.reasons) for verdict in said)


@given(REPORTS, REPORTS, st.floats(0, 1))
def test_worse_answers_never_lead_to_less(first: Report, second: Report, worse: float) -> None:
    lower = [Report(**vars(r) | {"corrected": accuracy(worse * 0.8)}) for r in (first, second)]
    better = [Report(**vars(r) | {"corrected": accuracy(worse)}) for r in (first, second)]
    assert RANK[looks(*lower)[-1].action] >= RANK[looks(*better)[-1].action]


@given(st.lists(REPORTS, min_size=1, max_size=6), st.integers(0, 300), st.integers(0, 300))
def test_more_corrections_never_lead_to_less(windows: list[Report], fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    before = [Past(report=Report(**vars(r) | {"made": START - n * HOUR})) for n, r in enumerate(windows)]
    one, other = (
        decide(before[0].report, before[1:], POLICY, WATCH, now=START, corrections=count) for count in (fewer, more)
    )
    assert RANK[one.action] <= RANK[other.action]


@given(st.lists(REPORTS, min_size=1, max_size=6))
def test_the_order_of_earlier_looks_does_not_matter_and_quiet_windows_lead_to_nothing(windows: list[Report]) -> None:
    before = [
        Past(
            report=Report(
                **vars(r) | {"made": START - n * HOUR, "since": START - (n + 1) * HOUR, "until": START - n * HOUR}
            )
        )
        for n, r in enumerate(windows, 1)
    ]
    now = windows[0]
    verdict = decide(now, before, POLICY, WATCH, now=START)
    assert verdict == decide(now, before[::-1], POLICY, WATCH, now=START)
    if verdict.action != "nothing":
        assert any(w.fired or w.corrected or w.expected for w in [now, *windows])


def test_of_answers_that_are_numbers_nobody_knows_the_errors_and_a_person_decides() -> None:
    drifted = [column("trend", "input", excess=3.0, window=2.0, reference=1.0)]
    now = report(*drifted, form="series", usual=None)
    before = [Past(report=report(*drifted, at=START - DAY, form="series", usual=None))]
    verdict = decide(now, before, Policy(), Watch(), now=START)
    assert (verdict.action, verdict.cause) == ("warn", "sensor")
    assert "nobody knows before the truth arrives" in verdict.reasons[-1]
