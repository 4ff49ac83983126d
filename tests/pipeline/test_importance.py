"""What an answer rests on, asked of a model that looks at one finger alone."""

import numpy as np
import pandas as pd
import pytest

from pipeline.contract import Contract
from pipeline.importance import by_place, importance, moments, occluded, without
from pipeline.predictor import Predictor
from pipeline.samples import from_clips
from pipeline.skeleton import skeleton
from tests.factories import make_samples

TIP = skeleton("hand").index("index_tip")


def run(feeds):
    """Knows class 1 by a seen tip of the index finger, and nothing else."""
    tip = ~np.isnan(feeds["landmarks"][:, :, TIP, 0]).any(1)
    logits = np.zeros((len(tip), 3), np.float32)
    logits[:, 1] = np.where(tip, 50.0, 0.0)
    return logits, np.ones(len(tip), np.float32)


def test_only_the_part_that_a_model_looks_at_costs_it_certainty():
    samples = make_samples(num_groups=2, clips=4)
    samples = samples.select(np.flatnonzero(samples.target == 1))
    contract = Contract(track="", model="", features="", form="hand", class_names=samples.class_names)
    table = importance(Predictor(contract=contract, engine="", run=run), samples, most=3)
    assert table["part"].tolist()[0] == "index"
    assert table["drop"].tolist() == pytest.approx([2 / 3, 0, 0, 0, 0])


def test_a_point_has_the_drop_of_the_smallest_part_that_it_was_hidden_with():
    """A fingertip its finger's and not the hand's; a shoulder is in no part."""
    body = skeleton("holistic")
    clip = np.zeros((1, len(body.points), 3), np.float32)
    samples = from_clips([clip], target=[0], group=["g"], ids=["a"], class_names=("A",), form="holistic")
    table = pd.DataFrame([(part, i / 100) for i, part in enumerate(occluded(body))], columns=["part", "drop"])
    drops, points = dict(table.to_numpy().tolist()), by_place(table, samples)
    assert points[body.index("left_hand_thumb_tip")] == drops["left thumb"]
    assert points[body.index("left_hand_wrist")] == drops["left hand"]
    assert points[body.index("pose_right_elbow")] == drops["right arm"]
    assert np.isnan(points[body.index("pose_left_shoulder")])


def test_hiding_leaves_the_other_points_and_the_store_itself_alone():
    samples = make_samples(num_groups=1, clips=1)
    hidden = without(samples, ([TIP],))
    assert not hidden.seen[:, TIP].any()
    others = np.delete(np.arange(21), TIP)
    assert (hidden.values[:, others] == samples.values[:, others]).all()
    assert samples.seen.all()


def test_a_signer_has_hands_fingers_arms_a_face_and_legs():
    body = skeleton("holistic")
    parts = occluded(body)
    assert len(parts) == 16
    assert parts["face"] == list(range(42, 53))
    assert [body.points[i] for i in parts["left arm"]] == ["pose_left_elbow", "pose_left_wrist"]
    assert len(parts["legs"]) == 8
    assert set(parts["right thumb"]) < set(parts["right hand"])


@pytest.mark.parametrize(("frames", "looked_at", "tenth"), [(20, 7, 4), (23, 22, 10), (10, 0, 1)])
def test_only_the_tenth_that_a_model_looks_at_costs_it_certainty(frames: int, looked_at: int, tenth: int):
    def run(feeds):
        seen = ~np.isnan(feeds["landmarks"][:, looked_at, TIP, 0])
        logits = np.zeros((len(seen), 3), np.float32)
        logits[:, 1] = np.where(seen, 50.0, 0.0)
        return logits, np.ones(len(seen), np.float32)

    clips = [np.ones((length, 21, 3), np.float32) for length in (frames, 9)]  # nine frames have no tenths
    samples = from_clips(clips, target=[1, 1], group=["a", "b"], ids=["a", "b"], class_names=("x", "y", "z"))
    contract = Contract(track="", model="", features="", form="hand", class_names=samples.class_names)
    found = moments(Predictor(contract=contract, engine="", run=run), samples, most=3)
    assert found.samples.id.tolist() == ["a"]
    table = found.table
    assert table["tenth"].tolist() == list(range(1, 11))
    assert table["drop"].tolist() == pytest.approx([2 / 3 if t == tenth else 0 for t in range(1, 11)])


def test_clips_too_short_for_tenths_leave_every_drop_unknown():
    samples = make_samples(num_groups=1, clips=1)
    short = samples.select(np.flatnonzero(samples.lengths < 10))
    contract = Contract(track="", model="", features="", form="hand", class_names=samples.class_names)
    assert len(short)
    found = moments(Predictor(contract=contract, engine="", run=run), short, most=3)
    assert len(found.samples) == 0
    assert found.table["drop"].isna().all()
