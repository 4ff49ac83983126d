"""The network of 75 points: what may not change an answer, what must, how large it is, and what can be drawn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

from pipeline.errors import InputError
from pipeline.graphs import OPSET
from pipeline.models.spatial_temporal import ClipDropout, Network, Standardize, attention, saliency
from pipeline.params import SpatialTemporal, parse
from tests.pipeline.models.bodies import make_features, unseen

NUM_CLASSES = 5
POOLINGS = ["none", "tcn", "attention", "hybrid"]
every_pooling = pytest.mark.parametrize("pooling", POOLINGS)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small only wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_config(**fields: Any) -> SpatialTemporal:
    tiny = {"graph_width": 8, "d_model": 16, "layers": 2, "heads": 2, "tokens": 6, "dropout": 0.1}
    return SpatialTemporal.model_validate({"name": "spatial_temporal", **tiny, **fields})


def make_network(**fields: Any) -> Network:
    """Returns a network in eval mode after one training batch, so that its statistics are not trivial."""
    torch.manual_seed(0)
    network = Network(make_config(**fields), 526, NUM_CLASSES)
    network.train()(*make_features(seed=7))
    return network.eval()


def count(config: SpatialTemporal, num_classes: int = NUM_CLASSES) -> int:
    return sum(p.numel() for p in Network(config, 526, num_classes).parameters())


@every_pooling
@pytest.mark.parametrize("conv", ["gcn", "gat", "sage"])
def test_answers_are_finite_and_every_parameter_gets_a_gradient(conv: str, pooling: str):
    network = make_network(conv=conv, pooling=pooling).train()
    logits = network(*make_features())
    assert logits.shape == (4, NUM_CLASSES)
    assert logits.isfinite().all()
    torch.nn.functional.cross_entropy(logits, torch.arange(4)).backward()
    for path, parameter in network.named_parameters():
        assert parameter.grad is not None, path
        assert parameter.grad.isfinite().all(), path
        assert parameter.grad.abs().sum() > 0, path


@every_pooling
@pytest.mark.parametrize("value", [0.0, 5.0])
def test_frames_that_are_not_seen_change_no_logit(pooling: str, value: float):
    network, (features, seen) = make_network(pooling=pooling), make_features()
    blank, dark = unseen(features, 7, value)
    padded = network(torch.cat([features, blank], 1), torch.cat([seen, dark], 1))
    torch.testing.assert_close(padded, network(features, seen))


@every_pooling
def test_a_clip_without_a_seen_frame_gets_zeros_and_disturbs_no_other(pooling: str):
    network, (features, seen) = make_network(pooling=pooling), make_features()
    plain = network(features, seen)
    seen = seen.clone()
    seen[1] = False
    logits = network(features, seen)
    assert logits[1].tolist() == [0.0] * NUM_CLASSES
    torch.testing.assert_close(logits[[0, 2, 3]], plain[[0, 2, 3]])


@every_pooling
def test_training_on_nothing_leaves_finite_weights(pooling: str):
    network, (features, seen) = make_network(pooling=pooling).train(), make_features()
    network(features, seen & False).sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


@every_pooling
def test_half_the_frame_rate_changes_little(pooling: str):
    """Less than a fifth of what tells one movement from another."""
    network = make_network(pooling=pooling)
    features, seen = make_features(num_frames=48)
    logits = network(features, seen)
    halved = network(features[:, ::2], seen[:, ::2])
    between = (logits[:, None] - logits[None]).norm(dim=-1).sum() / (4 * 3)
    assert (halved - logits).norm(dim=-1).mean() < between / 5


@pytest.mark.parametrize("pooling", ["tcn", "none"])
def test_the_order_of_frames_matters(pooling: str):
    network, (features, seen) = make_network(pooling=pooling), make_features()
    reversed_points = torch.cat([features.flip(1)[..., :-1], features[..., -1:]], -1)
    assert (network(reversed_points, seen) - network(features, seen)).abs().max() > 1e-3


def test_a_point_that_is_not_seen_is_not_read():
    network, (features, seen) = make_network(), make_features()
    other = features.clone()
    points = other[..., :-1].unflatten(-1, (75, 7))
    points[..., :6] += 3 * (1 - points[..., 6:])
    torch.testing.assert_close(network(other, seen), network(features, seen))


def test_statistics_are_of_seen_points_of_seen_frames():
    """Two frames that see point 0 at 1 and 3; point 1 is seen in one frame alone, and keeps what it has."""
    layer = Standardize(2).train()
    points = torch.full((1, 3, 2, 7), 50.0)
    points[0, :, 0] = torch.tensor([1.0, 3.0, 90.0])[:, None]
    points[..., 6] = torch.tensor([[1.0, 1], [1, 0], [1, 0]])
    out = layer(points, torch.tensor([[True, True, False]]))
    assert layer.mean[0].tolist() == [2.0] * 6
    assert layer.variance[0].tolist() == [1.0] * 6
    assert layer.mean[1].tolist() == [0.0] * 6
    torch.testing.assert_close(out[0, :, 0, 0], torch.tensor([-1.0, 1.0, 0.0]), atol=1e-3, rtol=0)
    assert out[0, 2].abs().max() == 0


def test_a_clips_frames_lose_the_same_channels():
    torch.manual_seed(0)
    layer, points = ClipDropout(0.5), torch.randn(6, 4, 75, 8)
    dropped = layer.train()(points)
    share = dropped / points
    assert set(share.round().flatten().tolist()) == {0.0, 2.0}
    torch.testing.assert_close(share, share[:, :1].expand_as(share))
    assert not torch.equal(share[0], share[1])
    assert torch.equal(layer.eval()(points), points)


def test_parameters_are_as_many_as_one_counts_by_hand():
    """Width 8, d 16: the graph, the means' projection, class token, a layer, the last norm, the head."""
    graph = (7 * 8 + 8 + 75 * 8 + 2 * 8 + 7 * 8) + (8 * 8 + 8 + 75 * 8 + 2 * 8)
    layer = 4 * 16 + (16 * 48 + 48) + (16 * 16 + 16) + (16 * 64 + 64) + (64 * 16 + 16)
    ends = 16 + 2 * 16 + (16 * NUM_CLASSES + NUM_CLASSES)
    plain = make_config(pooling="none", layers=1, mean="all")
    assert count(plain) == graph + (8 * 16 + 16) + layer + ends
    assert count(make_config(pooling="none", layers=1)) == count(plain) + 2 * 8 * 16
    tcn = 2 * 16 + 3 * (3 * 16 * 8 + 8) + (24 * 16 + 16)
    assert count(make_config(pooling="tcn", layers=1, mean="all")) == count(plain) + tcn


def test_counts_of_the_usual_sizes():
    """With 40 classes; d 384 and 6 layers is the plain design's size, 10.9 M as the issue has it."""
    large = {"d_model": 384, "layers": 6, "heads": 6, "graph_width": 128}
    assert count(make_config(**large, pooling="none", mean="all"), 40) == 10_751_016
    assert count(make_config(**large, pooling="tcn", tokens=64), 40) == 11_637_480 + 2 * 128 * 384
    assert count(SpatialTemporal(name="spatial_temporal"), 40) == 2_121_640


def test_widths_that_do_not_divide_are_refused():
    data = {"source": "synthetic_letters"}
    for fields, said in (
        ({"d_model": 36, "heads": 4}, "d_model: expected a multiple of twice the heads, 2 × 4, got 36"),
        ({"conv": "gat", "graph_width": 6}, "graph_width: expected a multiple of gat's 4 heads, got 6"),
    ):
        with pytest.raises(InputError, match=said):
            parse({"tracks": {"signs": {"data": data, "model": {"name": "spatial_temporal", **fields}}}})


@every_pooling
def test_the_class_tokens_attention_is_spread_over_seen_frames(pooling: str):
    network, (features, seen) = make_network(pooling=pooling), make_features()
    seen = seen.clone()
    seen[0, 4:] = False
    shares = attention(network, features, seen)
    torch.testing.assert_close(shares.sum(1), torch.ones(4))
    assert shares[0, 4:].abs().max() == 0
    assert shares.min() >= 0


def test_saliency_is_at_the_points_that_speak_for_the_target():
    """Only seen points have any; and to first order a small change of the input changes the logit by its gradient."""
    network, (features, seen) = make_network(dropout=0.0), make_features()
    target = torch.tensor([0, 1, 2, 3])
    found = saliency(network, features, seen, target)
    visible = features[..., :-1].unflatten(-1, (75, 7))[..., 6] > 0
    assert found.shape == (4, 12, 75)
    assert found[~visible].abs().max() == 0
    assert found[visible].mean() > 0
    assert not any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def export(network: Network, path: Path) -> onnxruntime.InferenceSession:
    batch, time = torch.export.Dim("B"), torch.export.Dim("T")
    program = torch.onnx.export(
        network,
        make_features(3, 5),
        input_names=["features", "seen"],
        output_names=["logits"],
        dynamic_shapes=({0: batch, 1: time}, {0: batch, 1: time}),
        dynamo=True,
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    onnx.save(program.model_proto, path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.filterwarnings("ignore")  # the exporter's
@pytest.mark.parametrize(("conv", "pooling"), [("gcn", "hybrid"), pytest.param("gat", "none", marks=pytest.mark.slow)])
def test_it_exports_for_any_batch_and_length(tmp_path: Path, conv: str, pooling: str):
    network = make_network(conv=conv, pooling=pooling)
    session = export(network, tmp_path / "m.onnx")
    for num_clips, num_frames in ((1, 1), (1, 2), (2, 6), (3, 7), (2, 130), (1, 512)):
        features, seen = make_features(num_clips, num_frames)
        seen = seen.clone()
        seen[-1, num_frames // 2 :] = False  # of one frame alone: nothing is seen
        answers = session.run(None, {"features": features.numpy(), "seen": seen.numpy()})[0]
        np.testing.assert_allclose(answers, network(features, seen).detach().numpy(), atol=1e-5)


def test_checkpointing_changes_no_gradient():
    gradients: list[list[Tensor]] = []
    for checkpointing in (False, True):
        network = make_network().train()
        network.encoder.checkpointing = checkpointing
        torch.manual_seed(3)
        network(*make_features()).square().sum().backward()
        gradients.append([p.grad for p in network.parameters() if p.grad is not None])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
