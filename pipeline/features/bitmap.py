"""Recorded bitmaps to pixels in [0, 1]: the one preprocessing, trained with and exported in front of the model.

`centred` moves the ink's centre of mass to the middle by whole pixels, and what comes in from outside is paper: where
people draw in a field tells nothing of what they draw. Whole pixels, since parts of one blur every line (docs/LOG.md).
The move is a product with a matrix of one 1 a row, which exports as it is and is exact.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.errors import InputError

SETS = ("centred", "plain")
INK = 255.0


class Preprocess(nn.Module):
    """Scales a bitmap, moves it where it is asked to, and tells whether anything is drawn."""

    down: Tensor
    across: Tensor

    def __init__(self, features: str, row: tuple[int, int]) -> None:
        super().__init__()
        if features not in SETS:
            raise InputError(f"form 'bitmap' has no features '{features}'. Valid: {', '.join(SETS)}.")
        self.centred = features == "centred"
        self.num_features = row
        for name, side in zip(("down", "across"), row, strict=True):
            self.register_buffer(name, torch.arange(side, dtype=torch.float32), persistent=False)

    def forward(self, bitmap_B1HW: Float[Tensor, "B 1 H W"]) -> tuple[Float[Tensor, "B 1 H W"], Bool[Tensor, "B 1"]]:
        """Returns pixels, 0 paper to 1 ink, and whether there is any ink."""
        pixels_B1HW = bitmap_B1HW / INK
        seen_B1 = bitmap_B1HW.amax((2, 3)) > 0
        return self._in_the_middle(pixels_B1HW) if self.centred else pixels_B1HW, seen_B1

    def _in_the_middle(self, pixels_B1HW: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 1 H W"]:
        ink_B1 = pixels_B1HW.sum((2, 3)).clamp_min(1e-6)
        down_B1 = (pixels_B1HW.sum(3) * self.down).sum(2) / ink_B1
        across_B1 = (pixels_B1HW.sum(2) * self.across).sum(2) / ink_B1
        rows_B1HH = _moved(self.down, down_B1)
        columns_B1WW = _moved(self.across, across_B1)
        return rows_B1HH @ pixels_B1HW @ columns_B1WW.transpose(2, 3)


def _moved(places_L: Float[Tensor, " L"], centre_B1: Float[Tensor, "B 1"]) -> Float[Tensor, "B 1 L L"]:
    """Returns the matrix that takes each place from where a centre of mass is to where the middle is.

    A pixel's middle is half a pixel in: of 28 pixels the middle is 14, between the places 13 and 14.
    """
    step_B11 = torch.floor(centre_B1 + 0.5 - len(places_L) / 2 + 0.5)[..., None]
    source_B1L = places_L + step_B11
    return (source_B1L[..., None] == places_L).to(places_L.dtype)
