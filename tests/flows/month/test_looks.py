"""Looks at a stream: a shift that is plain is found and acted on, and what is printed of it is what was found."""

from dataclasses import replace
from datetime import timedelta

from flows.month import showing
from flows.month.looks import EVERY, Detection, Rules, detection
from flows.month.run import Size, table
from flows.month.scenes import SCENES, USUAL_TRAFFIC
from flows.month.traffic import START, Visit, answered
from monitoring.drift.thresholds import calibrate
from monitoring.policy import Verdict
from pipeline.params import Policy, Watch, parse

WATCH = Watch(window=100, resamples=200)
SLOW = next(scene for scene in SCENES if scene.setting.frame_rate == 0.5)


def test_half_the_frame_rate_is_found_at_the_first_look_and_acted_on_at_the_next(who, reference):
    rules = Rules(thresholds=calibrate(reference, WATCH, window=100), watch=WATCH, policy=Policy())
    quiet = Visit(scene=USUAL_TRAFFIC, seed=2, rows=100)
    slow = replace(quiet, scene=SLOW, seed=3, begins=START + timedelta(days=1))
    before, after = (answered(visit, who, who.open()) for visit in (quiet, slow))
    found = detection(rules, before, after)
    assert (found.fired, found.acted) == (EVERY, 2 * EVERY)
    assert found.verdict is not None
    assert found.verdict.cause == "camera"
    assert "frame rate" in found.verdict.reasons[0]
    as_before = answered(replace(slow, scene=USUAL_TRAFFIC), who, who.open())
    assert detection(rules, before, as_before) == Detection(fired=None, acted=None, verdict=None)


def test_a_small_month_prints_each_scene_and_the_false_alarms(who, reference):
    written = parse({"tracks": {"letters": {"data": {"source": "synthetic_letters"}, "model": {"name": "mlp"}}}})
    written = written.model_copy(update={"watch": WATCH})
    size = Size(seeds=2, quiet=3, plain=0, processes=1, scenes=(SLOW,))
    rows = dict(table(written, who, reference, size))
    assert rows["thresholds"] == "calibrated"
    assert rows[SLOW.name].startswith("acted on in 2 of 2 (15.8 to 100.0 %), median after ")
    assert rows["  cause → action"] == "camera → warn 2×"
    assert " of 3 (" in rows["quiet windows, nobody seen before"]


def test_counts_have_exact_intervals():
    assert showing.share(36, 40) == "36 of 40 (76.3 to 97.2 %)"
    assert showing.share(15, 1000) == "15 of 1000 (0.8 to 2.5 %)"


def test_what_was_not_found_is_no_zero():
    warned = Verdict(action="warn", cause="camera", reasons=("tilt",))
    found = [Detection(fired=50, acted=250, verdict=warned), Detection(fired=None, acted=None, verdict=None)]
    rows = dict(showing.shift(SLOW, found, [0.5, 0.2, 0.0]))
    assert rows[SLOW.name] == "acted on in 1 of 2 (1.3 to 98.7 %), median after 250 predictions"
    assert rows["  cause → action"] == "camera → warn 1×"
    assert rows["  Evidently's plain defaults"] == (
        "drift in 1 of 3 (0.8 to 90.6 %); a column drifts in 2 of 3 (9.4 to 99.2 %)"
    )
    none = dict(showing.shift(SLOW, found[1:], []))
    assert none[SLOW.name].endswith("median after – predictions")
