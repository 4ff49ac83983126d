"""The networks for drawings: their sizes, a blank drawing, pictures of other sizes."""

import pytest
import torch
from torch import nn

from pipeline.models import sketch_cnn, sketch_net
from pipeline.params import SketchCnn, SketchNet


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_sketch_cnn_has_the_parameters_that_it_is_known_by():
    assert parameters(sketch_cnn.Network(SketchCnn(name="sketch_cnn"), (28, 28), 20)) == 50_836


def test_sketch_net_has_less_than_a_megabyte_of_eight_bits():
    network = sketch_net.Network(SketchNet(name="sketch_net"), (28, 28), 27)
    folded = parameters(network) - sum(2 * m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    convolutions = 9 * (1 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128)
    assert folded == convolutions + 27 * (128 + 1)
    assert folded < 300_000


@pytest.mark.parametrize("network", [sketch_cnn.Network, sketch_net.Network])
@pytest.mark.parametrize("side", [28, 41])
def test_a_blank_drawing_is_answered_with_zeros(network, side: int):
    config = SketchCnn(name="sketch_cnn") if network is sketch_cnn.Network else SketchNet(name="sketch_net", width=4)
    built = network(config, (side, side), 3).eval()
    logits = built(torch.rand(2, 1, side, side), torch.tensor([[True], [False]]))
    assert logits.shape == (2, 3)
    assert logits[0].abs().min() > 0
    assert logits[1].tolist() == [0, 0, 0]
