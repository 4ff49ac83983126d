"""The dense convolutions are the library's functions, by its own weights; and small ones that one checks by hand."""

import pytest
import torch
from torch import Tensor, nn

from pipeline.models.graph_conv import CONVOLUTIONS, Gcn, Sage, joined
from pipeline.skeleton import skeleton

BODY = skeleton("holistic")
PAIR = torch.tensor([[0.0, 1], [1, 0]])


def library(name: str, num_in: int, num_out: int) -> nn.Module:
    from torch_geometric import nn as geometric  # seconds to import

    heads = {"heads": 4} if name == "gat" else {}
    layer = {"gcn": geometric.GCNConv, "sage": geometric.SAGEConv, "gat": geometric.GATConv}[name]
    return layer(num_in, num_out // heads.get("heads", 1), **heads)


def batched_edges(num_graphs: int) -> Tensor:
    """Returns the edge_index of that many bodies beside each other."""
    edges = joined(BODY).nonzero().T
    return torch.cat([edges + 75 * i for i in range(num_graphs)], 1)


@pytest.mark.parametrize("name", list(CONVOLUTIONS))
@pytest.mark.parametrize("sizes", [(3, 16), (16, 8)])
def test_it_is_the_librarys_layer_on_the_batched_graph(name: str, sizes: tuple[int, int]):
    """Answers, gradients of the input and of every parameter; the bias is not zero."""
    torch.manual_seed(0)
    theirs, ours = library(name, *sizes), CONVOLUTIONS[name](*sizes, joined(BODY))
    for parameter in theirs.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    ours.load_state_dict(theirs.state_dict())
    results = []
    for layer in (ours, theirs):
        points = torch.randn(2, 3, 75, sizes[0], generator=torch.Generator().manual_seed(1)).requires_grad_()
        if layer is theirs:
            answers = layer(points.view(-1, sizes[0]), batched_edges(6)).view(2, 3, 75, sizes[1])
        else:
            answers = layer(points)
        (answers**2).mean().backward()
        results.append((answers, points.grad, {k: p.grad for k, p in layer.named_parameters()}))
    torch.testing.assert_close(results[0][0], results[1][0], atol=1e-6, rtol=0)
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-6, rtol=0)
    assert results[0][2].keys() == results[1][2].keys()
    for path, gradient in results[0][2].items():
        torch.testing.assert_close(gradient, results[1][2][path], atol=1e-5, rtol=1e-5, msg=path)


def test_gcn_on_two_points_takes_half_of_each_and_adds_the_bias_once():
    """Both have degree 2 with themselves: (4 + 8) / 2 · 3 + 1."""
    layer = Gcn(1, 1, PAIR)
    layer.lin.weight.data.fill_(3.0)
    layer.bias.data.fill_(1.0)
    torch.testing.assert_close(layer(torch.tensor([[4.0], [8.0]])), torch.tensor([[19.0], [19.0]]))


def test_sage_on_two_points_takes_the_other_and_itself():
    layer = Sage(1, 1, PAIR)
    layer.lin_l.weight.data.fill_(10.0)
    layer.lin_l.bias.data.fill_(0.5)
    layer.lin_r.weight.data.fill_(1.0)
    assert layer(torch.tensor([[4.0], [8.0]])).tolist() == [[84.5], [48.5]]


@pytest.mark.parametrize("name", list(CONVOLUTIONS))
def test_a_point_hears_of_its_neighbours_and_of_no_other(name: str):
    torch.manual_seed(0)
    layer = CONVOLUTIONS[name](3, 8, joined(BODY))
    points = torch.randn(75, 3)
    moved = points.clone()
    wrist = BODY.index("pose_left_wrist")
    moved[wrist] += 1
    changed = (layer(moved) - layer(points)).abs().amax(-1) > 1e-6
    expected = joined(BODY)[wrist] > 0
    expected[wrist] = True
    assert changed.tolist() == expected.tolist()
    assert expected[BODY.index("left_hand_wrist")], "a hand hangs on its arm"


def test_a_bone_joins_both_ways_and_the_body_is_one_piece():
    matrix = joined(BODY)
    assert torch.equal(matrix, matrix.T)
    assert matrix.diagonal().sum() == 0
    assert matrix.sum() == 2 * len({frozenset(edge) for edge in BODY.edges})
    reach = torch.linalg.matrix_power(matrix + torch.eye(75), 75) > 0
    mouth = BODY.indices("pose_mouth_left", "pose_mouth_right")
    face = BODY.indices(*(p for p in BODY.points if "eye" in p or "ear" in p or "nose" in p))
    arms = reach[BODY.index("left_hand_wrist")]
    assert arms[BODY.part("right_hand")].all()
    assert not arms[mouth + face].any(), "face and mouth are islands of their own"
