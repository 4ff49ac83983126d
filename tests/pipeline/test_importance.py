"""What an answer rests on, asked of a model that looks at one finger alone."""

import numpy as np
import pytest

from pipeline.contract import Contract
from pipeline.importance import importance, occluded, without
from pipeline.predictor import Predictor
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
    contract = Contract(track="", model="", features="", skeleton="hand", class_names=samples.class_names)
    table = importance(Predictor(contract=contract, engine="", run=run), samples, most=3)
    assert table["part"].tolist()[0] == "index"
    assert table["drop"].tolist() == pytest.approx([2 / 3, 0, 0, 0, 0])


def test_hiding_leaves_the_other_points_and_the_store_itself_alone():
    samples = make_samples(num_groups=1, clips=1)
    hidden = without(samples, [TIP])
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
