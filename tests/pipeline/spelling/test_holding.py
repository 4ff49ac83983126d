import pytest

from pipeline.spelling.holding import Holding
from pipeline.spelling.rules import Rules

RULES = Rules(confidence=0.6, release=0.5, hold_s=0.5, repeat_s=1.0)  # a committed letter is left below 0.3


def committed(holding: Holding, *frames: tuple[float, dict[str, float]]) -> list[tuple[float, str]]:
    answers = [(time_s, holding.push(time_s, probabilities)) for time_s, probabilities in frames]
    return [(time_s, label) for time_s, label in answers if label is not None]


def test_held_for_long_enough_it_is_committed_once():
    frames = [(n / 4, {"A": 0.9, "B": 0.1}) for n in range(5)]  # until 1.0
    assert committed(Holding(RULES), *frames) == [(0.5, "A")]


def test_below_the_confidence_the_wait_begins_anew():
    frames = [(0.0, {"A": 0.9}), (0.25, {"A": 0.59}), (0.5, {"A": 0.9}), (0.75, {"A": 0.9}), (1.0, {"A": 0.9})]
    assert committed(Holding(RULES), *frames) == [(1.0, "A")]


def test_held_on_it_is_committed_again_after_the_repeat_time():
    frames = [(n / 4, {"L": 0.9}) for n in range(11)]  # until 2.5
    assert committed(Holding(RULES), *frames) == [(0.5, "L"), (1.5, "L"), (2.5, "L")]


def test_left_and_shown_again_it_is_committed_again():
    frames = [(0.0, {"L": 0.9}), (0.5, {"L": 0.9}), (0.6, {"L": 0.29}), (0.75, {"L": 0.9}), (1.25, {"L": 0.9})]
    assert committed(Holding(RULES), *frames) == [(0.5, "L"), (1.25, "L")]


def test_a_flicker_does_not_leave_it():
    frames = [(0.0, {"L": 0.9}), (0.5, {"L": 0.9}), (0.6, {"L": 0.31}), (0.75, {"L": 0.9}), (1.25, {"L": 0.9})]
    assert committed(Holding(RULES), *frames) == [(0.5, "L")]


def test_another_letter_takes_over():
    holding = Holding(RULES)
    frames = [(0.0, {"A": 0.9, "B": 0.1}), (0.25, {"A": 0.3, "B": 0.7}), (0.75, {"A": 0.3, "B": 0.7})]
    assert committed(holding, *frames) == [(0.75, "B")]
    assert holding.held == "B"


def test_a_sign_is_not_said_twice():
    frames = [(n / 4, {"HELLO": 0.9}) for n in range(11)]
    assert committed(Holding(RULES), *frames) == [(0.5, "HELLO")]


def test_progress_towards_the_next_commit():
    holding = Holding(RULES)
    assert holding.progress(0.0) == 0
    holding.push(1.0, {"A": 0.9})
    assert holding.progress(1.25) == pytest.approx(0.5)
    holding.push(1.5, {"A": 0.9})
    assert holding.progress(1.75) == pytest.approx(0.25)
    holding.push(1.75, {})
    assert holding.progress(1.75) == 0


def test_no_time_to_hold_commits_at_once():
    holding = Holding(Rules(hold_s=0))
    assert holding.push(0.0, {"A": 0.9}) == "A"
