"""Graph convolutions on one fixed graph, in dense form: a body has a few dozen points, and every frame the same bones.

Each is the function of the torch-geometric layer that it is named after, with that layer's parameter names, so that
weights move from one to the other. Over a batched graph the library gathers and scatters a message a bone; here the
neighbours' sum is one product with a matrix that is known beforehand, which is faster, smaller, and exports as MatMul.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.skeleton import Skeleton

HEADS = 4  # of `gat`; together they are as wide as the layer
LEAK = 0.2  # of `gat`'s scores below zero
NOT_JOINED = -1e9  # finite, as every softmax here: NaN would travel


class Gcn(nn.Module):
    """Sums over neighbours and itself, each by the root of both degrees, then is linear.

    Source: Kipf and Welling 2017, https://arxiv.org/abs/1609.02907, equation 2; equals GCNConv. The bias is added
    outside of the sum. By associativity the sum is taken on the narrower side of the weights.
    """

    shares: Tensor

    def __init__(self, num_in: int, num_out: int, joined_VV: Tensor) -> None:
        super().__init__()
        self.lin = _linear(num_in, num_out)
        self.bias = nn.Parameter(torch.zeros(num_out))
        self.sum_first = num_in <= num_out
        joined_VV = joined_VV + torch.eye(len(joined_VV))
        root_V = joined_VV.sum(1).rsqrt()
        self.register_buffer("shares", root_V[:, None] * joined_VV * root_V, persistent=False)

    def forward(self, points: Float[Tensor, "*B V C"]) -> Float[Tensor, "*B V D"]:
        if self.sum_first:
            return functional.linear(self.shares @ points, self.lin.weight, self.bias)
        return self.shares @ self.lin(points) + self.bias


class Sage(nn.Module):
    """Is linear in the mean of the neighbours and in itself.

    Source: Hamilton et al. 2017, https://arxiv.org/abs/1706.02216, section 3.3; equals SAGEConv with the mean.
    """

    shares: Tensor

    def __init__(self, num_in: int, num_out: int, joined_VV: Tensor) -> None:
        super().__init__()
        self.lin_l, self.lin_r = nn.Linear(num_in, num_out), nn.Linear(num_in, num_out, bias=False)
        self.register_buffer("shares", joined_VV / joined_VV.sum(1, keepdim=True).clamp_min(1), persistent=False)

    def forward(self, points: Float[Tensor, "*B V C"]) -> Float[Tensor, "*B V D"]:
        return self.lin_l(self.shares @ points) + self.lin_r(points)


class Gat(nn.Module):
    """Attends to neighbours and itself in several heads, side by side.

    Source: Veličković et al. 2018, https://arxiv.org/abs/1710.10903, equations 3 and 5; equals GATConv. Its scores are
    computed for every pair of points: it takes several times as long as the others.
    """

    apart: Tensor

    def __init__(self, num_in: int, num_out: int, joined_VV: Tensor) -> None:
        super().__init__()
        assert num_out % HEADS == 0, "params hold it"
        self.lin = _linear(num_in, num_out)
        self.att_src, self.att_dst = (
            nn.Parameter(nn.init.xavier_uniform_(torch.empty(1, HEADS, num_out // HEADS))) for _ in range(2)
        )
        self.bias = nn.Parameter(torch.zeros(num_out))
        joined_VV = joined_VV + torch.eye(len(joined_VV))
        self.register_buffer("apart", (1 - joined_VV) * NOT_JOINED, persistent=False)

    def forward(self, points: Float[Tensor, "*B V C"]) -> Float[Tensor, "*B V D"]:
        values_BHVE = self.lin(points).unflatten(-1, (HEADS, -1)).transpose(-2, -3)
        source_BHV = (values_BHVE * self.att_src.transpose(0, 1)).sum(-1)
        target_BHV = (values_BHVE * self.att_dst.transpose(0, 1)).sum(-1)
        scores_BHVV = functional.leaky_relu(target_BHV[..., None] + source_BHV[..., None, :], LEAK)
        answers_BHVE = (scores_BHVV + self.apart).softmax(-1) @ values_BHVE
        return answers_BHVE.transpose(-2, -3).flatten(-2) + self.bias


CONVOLUTIONS: dict[str, type[Gcn | Sage | Gat]] = {"gcn": Gcn, "sage": Sage, "gat": Gat}


def joined(skeleton: Skeleton) -> Float[Tensor, "V V"]:
    """Returns 1 where a bone joins two points; no point is joined to itself."""
    matrix_VV = torch.zeros(len(skeleton.points), len(skeleton.points))
    for a, b in skeleton.edges:
        i, j = skeleton.indices(a, b)
        matrix_VV[i, j] = matrix_VV[j, i] = 1
    return matrix_VV


def _linear(num_in: int, num_out: int) -> nn.Linear:
    linear = nn.Linear(num_in, num_out, bias=False)
    nn.init.xavier_uniform_(linear.weight)  # as the library does
    return linear
