"""People who come back: so many a day, the same hands in other clips, and another camera from a day on."""

from dataclasses import replace

import numpy as np

from flows.month.healing.people import Plan, month
from tests.flows.month.answering import DATA

PLAN = Plan(days=4, changes=3, people=25, speak=0.5)


def test_each_day_has_its_clips_and_people_come_again():
    days = list(month(PLAN, DATA, 60))
    assert [sum(len(one.clips) for one in sessions) for sessions in days] == [60] * 4
    clients = [{one.client for one in sessions} for sessions in days]
    assert all(10 <= len(own) <= 20 for own in clients)
    assert clients[0] & clients[1]


def test_a_person_never_sends_a_clip_twice():
    clips = np.concatenate(
        [one.clips.values.reshape(len(one.clips), -1) for day in month(PLAN, DATA, 60) for one in day]
    )
    assert len(np.unique(clips, axis=0)) == 240


def test_only_the_camera_changes():
    shifted, usual = (list(month(replace(PLAN, changes=n), DATA, 60)) for n in (3, 5))
    for number, (one, other) in enumerate(zip(shifted, usual, strict=True), 1):
        assert [session.client for session in one] == [session.client for session in other]
        for here, there in zip(one, other, strict=True):
            assert here.clips.target.tolist() == there.clips.target.tolist()
            assert here.spoken.tolist() == there.spoken.tolist()
            assert np.array_equal(here.clips.values, there.clips.values, equal_nan=True) == (number < 3)


def test_half_of_the_answers_are_spoken_of():
    spoken = np.concatenate([one.spoken for day in month(replace(PLAN, days=10), DATA, 60) for one in day])
    assert abs(spoken.mean() - 0.5) < 0.06
