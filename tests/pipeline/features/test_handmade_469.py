"""The 469, on bodies of which one checks the numbers by hand."""

import math

import pytest
import torch
from torch import Tensor

from pipeline.features.body import Body
from pipeline.features.handmade_469 import NAMES, Features, velocities
from pipeline.skeleton import skeleton

BODY = skeleton("holistic")
LEFT = list(BODY.parts).index("left_hand")


def measured(points_TVC: Tensor, known_TP: Tensor | None = None, fps: float = 10.0) -> list[dict[str, float]]:
    """Returns a frame's numbers by name."""
    everything = torch.ones(1, len(points_TVC), len(BODY.parts), dtype=torch.bool)
    body = Body(
        points=points_TVC[None],
        own=torch.zeros_like(points_TVC)[None],
        seen=torch.ones(1, *points_TVC.shape[:2], dtype=torch.bool),
        known=everything if known_TP is None else known_TP[None],
        steady=torch.ones(1, len(points_TVC), dtype=torch.bool),
        fps=torch.tensor([fps]),
    )
    frames = Features(BODY)(body)[0].tolist()
    return [dict(zip(NAMES, frame, strict=True)) for frame in frames]


def test_there_are_469_names_and_each_is_one_number():
    assert len(NAMES) == len(set(NAMES)) == Features(BODY).num_features == 469
    assert NAMES[225 + 450 // 2 :][:10] == (
        *(f"left_hand_{finger}_curl" for finger in ("thumb", "index", "middle", "ring", "pinky")),
        "left_hand_thumb_index_spread",
        "left_hand_index_middle_spread",
        "left_hand_middle_ring_spread",
        "left_hand_ring_pinky_spread",
        "right_hand_thumb_curl",
    )


def test_a_position_and_a_velocity_have_their_points_name():
    points_TVC = torch.zeros(3, 75, 3)
    points_TVC[:, BODY.index("right_hand_index_tip")] = torch.tensor([[1.0, 2, 3], [1.5, 2, 2], [3, 2, 2]])
    first, middle, last = measured(points_TVC)
    assert [middle[f"right_hand_index_tip_{axis}"] for axis in "xyz"] == [1.5, 2, 2]
    assert [middle[f"right_hand_index_tip_v{axis}"] for axis in "xyz"] == pytest.approx([10, 0, -5])
    assert [first[f"right_hand_index_tip_v{axis}"] for axis in "xyz"] == pytest.approx([5, 0, -10])
    assert [last[f"right_hand_index_tip_v{axis}"] for axis in "xyz"] == pytest.approx([15, 0, 0])


def test_velocities_leave_out_steps_from_or_to_what_is_not_known_or_has_another_origin():
    places_BTX = torch.tensor([0.0, 1, 3, 6, 10])[None, :, None].expand(1, 5, 3)
    everywhere = torch.ones(1, 5, dtype=torch.bool)
    third_lost = torch.tensor([[True, True, False, True, True]])
    for known_BTP, steady_BT, expected in (
        (everywhere[..., None], everywhere, [1, 1.5, 2.5, 3.5, 4]),
        (third_lost[..., None], everywhere, [1, 1, 0, 4, 4]),
        (everywhere[..., None], third_lost, [1, 1, 0, 4, 4]),
        (everywhere[..., None], ~everywhere, [1, 1.5, 2.5, 3.5, 4]),
    ):
        found_BTX = velocities(places_BTX, known_BTP, torch.ones(1, 3), steady_BT, torch.tensor([10.0]))
        assert (found_BTX[0, :, 0] / 10).tolist() == pytest.approx(expected)


def test_a_curl_is_none_of_a_straight_finger_and_two_sevenths_of_a_square_one():
    points_TVC = torch.zeros(1, 75, 3)
    finger = BODY.indices(*(f"left_hand_index_{joint}" for joint in ("mcp", "pip", "dip", "tip")))
    points_TVC[0, finger] = torch.tensor([[0.0, 0, 0], [1, 0, 0], [3, 0, 0], [3, 4, 0]])
    finger = BODY.indices(*(f"right_hand_index_{joint}" for joint in ("mcp", "pip", "dip", "tip")))
    points_TVC[0, finger] = torch.tensor([[0.0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]])
    frame = measured(points_TVC)[0]
    assert frame["left_hand_index_curl"] == pytest.approx(2 / 7)
    assert frame["right_hand_index_curl"] == pytest.approx(0, abs=1e-6)


def test_a_spread_is_twice_the_sine_of_half_the_angle_between_two_fingers():
    points_TVC = torch.zeros(1, 75, 3)
    ways = [[1.0, 0, 0], [0, 2, 0], [0, 3, 0], [0, -1, 0], [0, -1, math.sqrt(3)]]
    for finger, way in zip(("thumb", "index", "middle", "ring", "pinky"), ways, strict=True):
        points_TVC[0, BODY.index(f"left_hand_{finger}_tip")] = torch.tensor(way)
    frame = measured(points_TVC)[0]
    pairs = ("thumb_index", "index_middle", "middle_ring", "ring_pinky")
    spreads = [frame[f"left_hand_{pair}_spread"] for pair in pairs]
    assert spreads == pytest.approx([math.sqrt(2), 0, 2, 2 * math.sin(math.radians(30))], abs=1e-6)


def test_the_wrists_are_apart_in_the_picture_plane_and_zero_without_a_hand():
    points_TVC = torch.rand(2, 75, 3)
    points_TVC[:, BODY.index("left_hand_wrist")] = torch.tensor([3.0, 0, 7])
    points_TVC[:, BODY.index("right_hand_wrist")] = torch.tensor([0.0, 4, -7])
    known_TP = torch.ones(2, len(BODY.parts), dtype=torch.bool)
    known_TP[1, LEFT] = False
    both, one = measured(points_TVC, known_TP)
    assert both["wrist_distance"] == pytest.approx(5)
    assert one["wrist_distance"] == 0
    assert not any(value for name, value in one.items() if name.startswith("left_hand") and "_curl" in name)
    assert not any(value for name, value in one.items() if name.startswith("left_hand") and "_spread" in name)
    assert any(value for name, value in one.items() if name.startswith("right_hand") and "_curl" in name)
