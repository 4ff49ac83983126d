"""Logistic regression on the features of each frame; a clip's logits are the mean over its seen frames."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.models.frames import Standardize, mean_seen
from pipeline.params import Linear


class Network(nn.Module):
    def __init__(self, config: Linear, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.standardize = Standardize(num_features)
        self.head = nn.Linear(num_features, num_classes)

    def forward(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        return mean_seen(self.head(self.standardize(features_BTF, seen_BT)), seen_BT)
