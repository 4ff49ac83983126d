"""A decoded frame as a person sees it: turned and mirrored as the file says, its pixels made square."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXEL_ASPECT = 4  # what is longer or narrower is a mistake in the file


def upright(frame: Any, pixel_aspect: Fraction | None = None) -> NDArray[np.uint8]:
    """Returns a frame of PyAV as [height, width, 3], contiguous; pixel_aspect is a pixel's width / height."""
    oblong = pixel_aspect is not None and pixel_aspect != 1 and 1 / PIXEL_ASPECT <= pixel_aspect <= PIXEL_ASPECT
    width = round(frame.width * pixel_aspect) if oblong else frame.width
    rgb = frame.to_ndarray(format="rgb24", width=width, height=frame.height)
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return rgb if matrix is None else np.ascontiguousarray(turned(rgb, np.frombuffer(matrix, np.int32)))


def turned(rgb: NDArray[np.uint8], matrix: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Returns the picture through a display matrix: the nearest of the four quarter turns and their mirror images.

    matrix  nine numbers, row by row: x' = m[0] x + m[3] y and y' = m[1] x + m[4] y, y downward
    Source: ISO/IEC 14496-12, 6.2.2 (the translation is left to the player).
    """
    a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
    if abs(a) + abs(d) < abs(b) + abs(c):  # x and y change places
        rgb, a, d = rgb.transpose(1, 0, 2), c, b
    return rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
