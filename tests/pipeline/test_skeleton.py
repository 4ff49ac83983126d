"""Points by name."""

import pytest

from pipeline.errors import InputError
from pipeline.skeleton import FINGERS, skeleton


def test_the_hand_is_in_mediapipe_order():
    hand = skeleton("hand")
    assert len(hand.points) == len(set(hand.points)) == 21
    assert hand.indices("wrist", "thumb_tip", "index_mcp", "middle_mcp", "pinky_tip") == [0, 4, 5, 9, 20]
    assert list(FINGERS) == ["thumb", "index", "middle", "ring", "pinky"]


def test_bones_join_every_point_to_the_wrist():
    hand = skeleton("hand")
    reached = {"wrist"}
    for _ in hand.points:
        reached |= {b for a, b in hand.edges if a in reached} | {a for a, b in hand.edges if b in reached}
    assert reached == set(hand.points)
    assert len(set(hand.edges)) == len(hand.edges) == 23


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(InputError, match=r"no point 'nose'\. It has: wrist, thumb_cmc"):
        skeleton("hand").index("nose")
    with pytest.raises(InputError, match=r"unknown skeleton 'foot'\. Valid: hand"):
        skeleton("foot")


def test_a_signer_is_two_hands_and_a_pose_in_mediapipe_order():
    signer = skeleton("holistic")
    assert {name: len(part) for name, part in signer.parts.items()} == {"left_hand": 21, "right_hand": 21, "pose": 33}
    names = ("left_hand_wrist", "right_hand_wrist", "right_hand_pinky_tip", "pose_nose", "pose_left_shoulder")
    assert signer.indices(*names) == [0, 21, 41, 42, 53]
    assert signer.index("pose_right_wrist") == 42 + 16
    assert signer.index("pose_right_foot_index") == 74
    assert len(set(signer.edges)) == len(signer.edges) == 83


def test_in_a_mirror_left_and_right_change_places():
    signer = skeleton("holistic")
    mirrored = signer.mirrored()
    assert [mirrored[m] for m in mirrored] == list(range(75))
    assert mirrored[signer.index("left_hand_thumb_tip")] == signer.index("right_hand_thumb_tip")
    assert mirrored[signer.index("pose_mouth_left")] == signer.index("pose_mouth_right")
    assert mirrored[signer.index("pose_nose")] == signer.index("pose_nose")
    bones = {frozenset(signer.indices(*bone)) for bone in signer.edges}
    assert {frozenset(mirrored[i] for i in bone) for bone in bones} == bones
    assert skeleton("hand").mirrored() == list(range(21))


def test_hands_are_addressed_by_the_names_of_one():
    one, both = skeleton("hand"), skeleton("holistic")
    assert one.hands == ("hand",)
    assert one.of_each_hand("wrist", "middle_mcp") == [[0, 9]]
    assert both.hands == ("left_hand", "right_hand")
    assert both.of_each_hand("wrist", "middle_mcp") == [
        both.indices(f"{side}_hand_wrist", f"{side}_hand_middle_mcp") for side in ("left", "right")
    ]
