"""Two convolutions and a dense layer, the small network that drawings are usually first tried with.

Source: Keras' example "Simple MNIST convnet" (F. Chollet, 2015): 3×3 without padding, pooling by two, dropout 0.5. At
28×28 pixels and 20 classes it has 320 + 18,496 + 32,020 = 50,836 parameters.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.params import SketchCnn

WIDTHS = (32, 64)


class Network(nn.Module):
    def __init__(self, config: SketchCnn, num_features: tuple[int, int], num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for num_in, num_out in zip((1, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(num_in, num_out, 3), nn.ReLU(), nn.MaxPool2d(2)]
        self.convs = nn.Sequential(*layers)
        height, width = (((side - 2) // 2 - 2) // 2 for side in num_features)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(WIDTHS[-1] * height * width, num_classes)

    def forward(self, pixels_B1HW: Float[Tensor, "B 1 H W"], seen_B1: Bool[Tensor, "B 1"]) -> Float[Tensor, "B K"]:
        logits_BK = self.head(self.dropout(self.convs(pixels_B1HW).flatten(1)))
        return torch.where(seen_B1, logits_BK, 0.0)
