"""From a whole body's landmarks to features: what is seen, what is bridged, and that ONNX Runtime agrees."""

from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from pipeline.errors import InputError
from pipeline.features import SETS, build, build_preprocess
from pipeline.features.holistic import Preprocess
from pipeline.skeleton import skeleton

BODY = skeleton("holistic")
LEFT, RIGHT, POSE = (BODY.part(name) for name in BODY.parts)
INPUTS = ("landmarks", "aspect", "fps", "handedness")
MODULES = {name: Preprocess(name, BODY) for name in SETS["holistic"]}

every_set = pytest.mark.parametrize("name", SETS["holistic"])


def clips(num_clips: int, num_frames: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random points; one in twenty is missing, and each part is away in three frames of ten."""
    generator = torch.Generator().manual_seed(seed)
    landmarks_BTVC = torch.rand(num_clips, num_frames, 75, 3, generator=generator)
    landmarks_BTVC[torch.rand(num_clips, num_frames, 75, generator=generator) < 0.05] = torch.nan
    for part in (LEFT, RIGHT, POSE):
        away_BT11 = torch.rand(num_clips, num_frames, 1, 1, generator=generator) < 0.3
        landmarks_BTVC[:, :, part] = landmarks_BTVC[:, :, part].masked_fill(away_BT11, torch.nan)
    aspect_B = torch.rand(num_clips, generator=generator) + 0.5
    fps_B = torch.tensor([30.0, torch.nan, 12.5]).repeat(num_clips)[:num_clips]
    return landmarks_BTVC, aspect_B, fps_B, torch.full((num_clips,), torch.nan)


@every_set
@pytest.mark.parametrize("num_frames", [1, 2, 9])
@pytest.mark.parametrize("lost", [[], LEFT, RIGHT, POSE, LEFT + RIGHT, LEFT + POSE, LEFT + RIGHT + POSE])
def test_features_and_gradients_are_finite_whatever_is_lost(name: str, num_frames: int, lost: list[int]):
    landmarks_BTVC, *rest = clips(2, num_frames)
    landmarks_BTVC[:, :, lost] = torch.nan
    landmarks_BTVC.requires_grad_()
    features_BTF, seen_BT = MODULES[name](landmarks_BTVC, *rest)
    features_BTF.square().sum().backward()
    assert features_BTF.shape == (2, num_frames, MODULES[name].num_features)
    assert features_BTF.isfinite().all()
    assert landmarks_BTVC.grad is not None
    assert landmarks_BTVC.grad.isfinite().all()
    assert not features_BTF[~seen_BT].any()
    if len(lost) == 75:
        assert not seen_BT.any()


def test_features_of_another_skeleton_are_refused_with_the_valid_names():
    with pytest.raises(InputError, match=r"'holistic' has no features 'oriented'\. Valid: handmade_469, points"):
        build("oriented", BODY)
    with pytest.raises(InputError, match=r"'hand' has no features 'points'\. Valid: planar, oriented"):
        build_preprocess("points", "hand")
    with pytest.raises(InputError, match="a recurrent model reads one hand"):
        build_preprocess("points", "holistic", place=True)


class EverySet(nn.Module):
    """Both sets in one graph: one export, which takes seconds, checks both."""

    def __init__(self) -> None:
        super().__init__()
        self.sets = nn.ModuleList(MODULES.values())

    def forward(self, landmarks_BTVC, aspect_B, fps_B, handedness_B):
        measured = [preprocess(landmarks_BTVC, aspect_B, fps_B, handedness_B) for preprocess in self.sets]
        return torch.cat([features_BTF for features_BTF, _ in measured], -1), measured[0][1]


@pytest.mark.slow  # minutes on a busy machine; the stage `export` does it too
def test_onnx_runtime_agrees_on_every_set_for_any_batch_and_length(tmp_path: Path):
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
    assert [i.shape for i in session.get_inputs()] == [["B", "T", 75, 3], ["B"], ["B"], ["B"]]
    for num_clips in (1, 3):
        for num_frames in (1, 2, 7, 64):
            for lost in ([], LEFT, POSE, LEFT + RIGHT + POSE):
                inputs = clips(num_clips, num_frames, seed=num_frames)
                inputs[0][-1, :, lost] = torch.nan
                expected = every_set(*inputs)
                got = session.run(None, {key: value.numpy() for key, value in zip(INPUTS, inputs, strict=True)})
                torch.testing.assert_close(torch.from_numpy(got[0]), expected[0], rtol=1e-4, atol=1e-4)
                assert (torch.from_numpy(got[1]) == expected[1]).all()
