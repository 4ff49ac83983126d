import math

import numpy as np

from pipeline.contract import Contract
from pipeline.skeleton import skeleton
from pipeline.window import rate, shows_hand, usual_window_s


def test_rate():
    assert rate([1.0, 1.25, 1.5]) == 4
    assert math.isnan(rate([1.0]))
    assert math.isnan(rate([]))


def test_a_window_is_as_long_as_what_the_model_was_made_for():
    def usual(name: str, **state: int) -> float:
        return usual_window_s(Contract(track="t", model="m", features="f", form=name, class_names=("A",), state=state))

    assert usual("hand") < usual("hand", place=4) < usual("holistic")


def test_a_body_without_hands_shows_no_hand():
    body = skeleton("holistic")
    values = np.full((75, 3), np.nan, np.float32)
    values[body.part("pose")] = 0.5
    assert not shows_hand(values, "holistic")
    values[body.part("left_hand")[3]] = 0.5
    assert shows_hand(values, "holistic")
