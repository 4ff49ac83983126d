"""Lengths, turns and bends, on numbers that one checks by hand."""

import numpy as np
import onnxruntime
import torch

from pipeline.features.geometry import curl, curls_as_left, length, median, mirror, spread, unit, upright


def test_length_is_euclidean_and_its_gradient_at_zero_is_finite():
    vector_BTXC = torch.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    lengths_BTX = length(vector_BTXC)
    torch.testing.assert_close(lengths_BTX, torch.tensor([5.0, 0.0]))
    lengths_BTX.sum().backward()
    assert vector_BTXC.grad is not None
    assert vector_BTXC.grad.isfinite().all()


def test_unit_keeps_the_direction_and_leaves_zero_alone():
    torch.testing.assert_close(unit(torch.tensor([[3.0, 4.0], [0.0, 0.0]])), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


class Degenerate(torch.nn.Module):
    def forward(self, points):
        return curl(points[..., [0, 1, 2], :]), unit(points[..., 0, :]), 1 / spread(points)


def test_points_in_one_place_give_numbers_in_onnx_runtime_too(tmp_path):
    """An added 1e-16 is optimised away, and then zero is divided by zero."""
    path, points = tmp_path / "geometry.onnx", torch.zeros(2, 2, 3, 3)
    shapes = {"points": {0: torch.export.Dim("B")}}
    torch.onnx.export(Degenerate(), (points,), path, dynamo=True, dynamic_shapes=shapes, verbose=False)
    answers = onnxruntime.InferenceSession(path).run(None, {"points": points.numpy()})
    for answer, expected in zip(answers, Degenerate()(points), strict=True):
        torch.testing.assert_close(torch.from_numpy(answer), expected)
        assert np.isfinite(answer).all()


def test_median_is_of_what_was_seen_in_each_coordinate_and_zero_of_nothing():
    values_BNC = torch.tensor([[[4.0, 1], [1, 2], [torch.nan, 9], [3, 3], [2, 4]]]).expand(4, 5, 2)
    seen_BN = torch.tensor(
        [[True, True, False, True, True], [True, True, False, False, True], [False] * 5, [False] * 5]
    )
    seen_BN[3, 3] = True
    assert median(values_BNC, seen_BN).tolist() == [[2.5, 2.5], [2, 2], [0, 0], [3, 3]]


def test_mirror_changes_the_sign_of_x_of_left_hands_only():
    points_BTVC = torch.tensor([1.0, 2, 3]).expand(2, 1, 1, 3)
    mirrored_BTVC = mirror(points_BTVC, torch.tensor([[False], [True]]))
    assert mirrored_BTVC.flatten(1).tolist() == [[1, 2, 3], [-1, 2, 3]]


def test_a_hand_is_left_by_the_side_that_its_fingers_bend_to():
    palm = torch.tensor([[0.0, 0, 0], [-1, -2, 0], [1, -2, 0]])  # wrist, index knuckle, little knuckle: out is +z
    tips = torch.tensor([[0.0, -3, 1], [0.0, -3, -1]])
    points_BTVC = torch.cat([palm.expand(2, 3, 3), tips[:, None]], 1)[:, None]
    assert curls_as_left(points_BTVC, [0, 1, 2], roots=[1, 2], tips=[3]).tolist() == [[False], [True]]


def test_upright_turns_a_bone_that_points_right_a_quarter_to_the_left():
    points_BTVC = torch.tensor([[2.0, 0, 5], [0, 1, 6]]).expand(1, 1, 2, 3)
    turned_BTVC = upright(points_BTVC, points_BTVC[..., 0, :])
    torch.testing.assert_close(turned_BTVC[0, 0], torch.tensor([[0.0, -2, 5], [1, 0, 6]]))


def test_curl_is_zero_when_straight_and_one_when_the_tip_is_back_at_the_root():
    straight = torch.tensor([[0.0, 0, 0], [1, 0, 0], [3, 0, 0]])
    right_angle = torch.tensor([[0.0, 0, 0], [3, 0, 0], [3, 4, 0]])
    closed = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]])
    chains_BTVC = torch.stack([straight, right_angle, closed])[:, None]
    torch.testing.assert_close(curl(chains_BTVC[..., [0, 1, 2], :]).flatten(), torch.tensor([0.0, 2 / 7, 1.0]))
