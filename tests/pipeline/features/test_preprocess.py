"""From landmarks to features: what is seen, what is filled, and that ONNX Runtime agrees."""

import onnxruntime
import pytest
import torch
from torch import nn

from pipeline.errors import InputError
from pipeline.features import SETS, build
from pipeline.features.preprocess import Preprocess, fill, square
from pipeline.skeleton import Skeleton, skeleton

HAND = skeleton("hand")
INPUTS = ("landmarks", "aspect", "fps", "handedness")


def clips(num_clips: int, num_frames: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """Random hands of every known and unknown side, one point in twenty missing."""
    generator = torch.Generator().manual_seed(seed)
    landmarks_BTVC = torch.rand(num_clips, num_frames, 21, 3, generator=generator)
    landmarks_BTVC[torch.rand(num_clips, num_frames, 21, generator=generator) < 0.05] = torch.nan
    handedness_B = torch.tensor([1.0, 0.0, torch.nan]).repeat(num_clips)[:num_clips]
    return (
        landmarks_BTVC,
        torch.rand(num_clips, generator=generator) + 0.5,
        torch.full((num_clips,), 25.0),
        handedness_B,
    )


def test_square_gives_x_and_z_the_units_of_y():
    landmarks_BTVC = torch.tensor([0.5, 0.5, 0.1]).expand(1, 1, 1, 3)
    torch.testing.assert_close(square(landmarks_BTVC, torch.tensor([2.0])).flatten(), torch.tensor([1.0, 0.5, 0.2]))


def test_fill_takes_the_mean_of_seen_neighbours_then_of_filled_ones():
    chain = Skeleton(name="chain", points=("a", "b", "c", "d"), edges=(("a", "b"), ("b", "c"), ("c", "d")))
    neighbours_VV = torch.zeros(4, 4)
    for a, b in chain.edges:
        i, j = chain.indices(a, b)
        neighbours_VV[i, j] = neighbours_VV[j, i] = 1
    points_BTVC = torch.tensor([[0.0, 0, 0], [torch.nan] * 3, [2.0, 4, 6], [torch.nan] * 3]).expand(1, 1, 4, 3)
    filled_BTVC = fill(points_BTVC.mT, ~points_BTVC.isnan().any(-1), neighbours_VV).mT
    assert filled_BTVC[0, 0].tolist() == [[0, 0, 0], [1, 2, 3], [2, 4, 6], [2, 4, 6]]


def test_fill_reaches_a_fingertip_from_the_wrist():
    points_BTVC = torch.full((1, 1, 21, 3), torch.nan)
    points_BTVC[0, 0, HAND.index("wrist")] = 1.0
    filled_BTVC = fill(points_BTVC.mT, ~points_BTVC.isnan().any(-1), Preprocess("raw", HAND).neighbours).mT
    assert (filled_BTVC == 1).all()


@pytest.mark.parametrize("name", SETS["hand"])
@pytest.mark.parametrize(
    ("missing", "seen"),
    [
        ((), True),
        (("index_tip",), True),
        (("wrist",), False),
        (("middle_mcp",), False),
        (HAND.points, False),
        (HAND.points[10:], False),
    ],
)
def test_a_frame_is_seen_with_both_ends_of_the_palm_and_half_the_points(name: str, missing: tuple, seen: bool):
    landmarks_BTVC = torch.rand(1, 1, 21, 3, generator=torch.Generator().manual_seed(0))
    landmarks_BTVC[:, :, HAND.indices(*missing)] = torch.nan
    one_B = torch.ones(1)
    features_BTF, seen_BT = Preprocess(name, HAND)(landmarks_BTVC, one_B, one_B, one_B)
    assert seen_BT.item() is seen
    assert features_BTF.isfinite().all()
    assert bool(features_BTF.any()) is seen


@pytest.mark.parametrize("name", SETS["hand"])
def test_a_hand_shrunk_to_a_point_is_not_seen_and_leaves_no_nan_in_the_gradient(name: str):
    landmarks_BTVC = torch.full((1, 2, 21, 3), 0.5, requires_grad=True)
    one_B = torch.ones(1)
    features_BTF, seen_BT = Preprocess(name, HAND)(landmarks_BTVC, one_B, one_B, one_B)
    features_BTF.sum().backward()
    assert not seen_BT.any()
    assert not features_BTF.any()
    assert landmarks_BTVC.grad is not None
    assert landmarks_BTVC.grad.isfinite().all()


def test_unknown_features_are_refused_with_the_valid_names():
    with pytest.raises(InputError, match=r"'hand' has no features 'rwa'\. Valid: planar, oriented, invariant, raw"):
        build("rwa", HAND)


class EverySet(nn.Module):
    """All feature sets in one graph: one export, which takes seconds, checks them all."""

    def __init__(self) -> None:
        super().__init__()
        self.sets = nn.ModuleList(Preprocess(name, HAND) for name in SETS["hand"])

    def forward(self, landmarks_BTVC, aspect_B, fps_B, handedness_B):
        measured = [preprocess(landmarks_BTVC, aspect_B, fps_B, handedness_B) for preprocess in self.sets]
        return torch.cat([features_BTF for features_BTF, _ in measured], -1), measured[0][1]


@pytest.mark.slow  # test_export does it through the stage
def test_onnx_runtime_agrees_on_every_set_for_any_batch_and_length(tmp_path):
    every_set = EverySet().eval()
    batch, time = torch.export.Dim("B"), torch.export.Dim("T")
    program = torch.onnx.export(
        every_set,
        clips(2, 3),
        dynamo=True,
        verbose=False,
        input_names=INPUTS,
        output_names=("features", "seen"),
        dynamic_shapes=({0: batch, 1: time}, {0: batch}, {0: batch}, {0: batch}),
    )
    assert program is not None
    program.save(tmp_path / "features.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "features.onnx")
    assert [i.shape for i in session.get_inputs()] == [["B", "T", 21, 3], ["B"], ["B"], ["B"]]
    for num_clips in (1, 3, 8):
        for num_frames in (1, 5, 16):
            inputs = clips(num_clips, num_frames, seed=num_frames)
            inputs[0][-1, 0] = torch.nan
            expected = every_set(*inputs)
            got = session.run(None, {key: value.numpy() for key, value in zip(INPUTS, inputs, strict=True)})
            torch.testing.assert_close(torch.from_numpy(got[0]), expected[0], rtol=1e-4, atol=1e-4)
            assert (torch.from_numpy(got[1]) == expected[1]).all()
