"""The table of a healing month: a row a day, and accuracy by camera and version."""

from flows.month.healing import diary

from .days import answers, day, healed


def test_a_row_says_what_was_answered_and_what_followed():
    fourth = healed()[3]
    said = diary.line(fourth)
    told = "4 another 1 20 0.500 0.500 of 10 tilt 3.2, drift camera → retrain: version 2 promoted"
    assert " ".join(said.split()) == told
    assert [said.index(what) for what in ("another", "0.500 of 10", "camera →")] == [
        diary.head().index(what) for what in ("camera", "never trained on", "what follows")
    ]


def test_days_of_one_camera_and_one_version_belong_together():
    found = diary.phases(healed())
    assert [phase.name for phase in found] == [
        "days 1 to 2, usual camera, version 1",
        "days 3 to 4, another camera, version 1",
        "days 5 to 6, another camera, version 2",
    ]
    assert [diary.accuracy(phase.answers).value for phase in found] == [0.9, 0.5, 0.8]
    assert [len(phase.never) for phase in found] == [20, 20, 20]


def test_a_persons_answers_resemble_each_other():
    alike = diary.accuracy([*answers(10, 0, client="ada"), *answers(0, 10, client="ben")])
    mixed = diary.accuracy([*answers(5, 5, client="ada"), *answers(5, 5, client="ben")])
    assert alike.value == mixed.value == 0.5
    assert alike.high - alike.low > mixed.high - mixed.low


def test_it_ends_with_why_a_candidate_came_in():
    said = list(diary.lines(healed()))
    assert said[0] == "days 1 to 2, usual camera, version 1"
    assert said[1].startswith("  everybody         accuracy 0.900 (")
    assert said[1].endswith("40 answers to 2 people")
    assert said[2].endswith("20 answers to 1 people")
    assert said[-3:] == [
        "day 4: retrained, for camera: tilt 20, 2 in training",
        "  version 2 promoted",
        "  on recent clips against version 1: +30.0 points: passed",
    ]


def test_a_day_without_people_who_are_never_trained_on_has_no_figure_for_them():
    alone = day(1)
    alone = type(alone)(**{**vars(alone), "never": []})
    assert "– of 0" in diary.line(alone)
    assert not any("never trained on" in line for line in diary.lines([alone]))
