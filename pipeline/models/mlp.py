"""A perceptron on the features of each frame; a clip's logits are the mean over its seen frames.

Source: the blocks (linear, norm, GELU, dropout) are the plain MLP baseline of Gorishniy et al. 2021, Revisiting Deep
Learning Models for Tabular Data, section 3.1, with layer norm, which padding cannot disturb.
"""

from itertools import pairwise

from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.models.frames import Standardize, mean_seen
from pipeline.params import Mlp


class Network(nn.Module):
    def __init__(self, config: Mlp, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.standardize = Standardize(num_features)
        widths = (num_features, *config.hidden)
        self.layers = nn.Sequential(*(_block(a, b, config.dropout) for a, b in pairwise(widths)))
        self.head = nn.Linear(widths[-1], num_classes)

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        return mean_seen(self.head(self.layers(self.standardize(features_BTF, seen_BT))), seen_BT)


def _block(num_in: int, num_out: int, dropout: float) -> nn.Module:
    return nn.Sequential(nn.Linear(num_in, num_out), nn.LayerNorm(num_out), nn.GELU(), nn.Dropout(dropout))
