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
