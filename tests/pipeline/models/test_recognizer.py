"""Preprocessing and network as one module: `seen` is the share of frames with a hand."""

import torch

from pipeline.models import build
from pipeline.params import Linear
from tests.factories import make_hand


def test_seen_is_the_share_of_frames_with_a_hand():
    recognizer = build(Linear(name="linear", features="raw"), form="hand", num_classes=2).eval()
    landmarks_BTVC = torch.from_numpy(make_hand()).repeat(3, 4, 1, 1)
    landmarks_BTVC[1, 1:] = torch.nan
    landmarks_BTVC[2] = torch.nan
    logits_BK, seen_B = recognizer(landmarks_BTVC, torch.ones(3), torch.full((3,), torch.nan), torch.ones(3))
    assert seen_B.tolist() == [1.0, 0.25, 0.0]
    torch.testing.assert_close(logits_BK[0], logits_BK[1])


def test_weights_are_named_by_part_and_geometry_is_none_of_them():
    recognizer = build(Linear(name="linear"), form="hand", num_classes=2)
    assert sorted(recognizer.state_dict()) == [
        "network.head.bias",
        "network.head.weight",
        "network.standardize.batches",
        "network.standardize.mean",
        "network.standardize.variance",
    ]
