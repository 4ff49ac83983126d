"""Our network for drawings: five convolutions with batch norm, three sizes, and the mean over the picture.

What it is made for is 28×28 pixels, one core and eight bits: plain 3×3 convolutions, which those run best, a norm that
folds into them, and no dense layer of pixels. The mean lets it take pictures of other sizes.
Source: K. Simonyan, A. Zisserman, arXiv:1409.1556, section 2.3 for two 3×3 layers a size; S. Ioffe, C. Szegedy,
arXiv:1502.03167; M. Lin et al., arXiv:1312.4400, section 3.2 for the mean.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.params import SketchNet


class Network(nn.Module):
    def __init__(self, config: SketchNet, num_features: tuple[int, int], num_classes: int) -> None:
        super().__init__()
        width = config.width
        self.convs = nn.Sequential(
            *_block(1, width),
            nn.MaxPool2d(2),
            *_block(width, 2 * width),
            *_block(2 * width, 2 * width),
            nn.MaxPool2d(2),
            *_block(2 * width, 4 * width),
            *_block(4 * width, 4 * width),
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(4 * width, num_classes)

    def forward(self, pixels_B1HW: Float[Tensor, "B 1 H W"], seen_B1: Bool[Tensor, "B 1"]) -> Float[Tensor, "B K"]:
        logits_BK = self.head(self.dropout(self.convs(pixels_B1HW).mean((2, 3))))
        return torch.where(seen_B1, logits_BK, 0.0)


def _block(num_in: int, num_out: int) -> list[nn.Module]:
    """A bias before a norm would be taken off again."""
    return [nn.Conv2d(num_in, num_out, 3, padding=1, bias=False), nn.BatchNorm2d(num_out), nn.ReLU()]
