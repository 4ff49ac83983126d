"""A decoded frame as a person sees it: turned and mirrored as the file says, its pixels made square."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXEL_ASPECT = 4  # what is longer or narrower is a mistake in the file


def square(width: int, height: int, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Returns a picture's size in square pixels; pixel_aspect is the width / height of its own."""
    if pixel_aspect is None or not 1 / PIXEL_ASPECT <= pixel_aspect <= PIXEL_ASPECT:
        return width, height
    return max(round(width * pixel_aspect), 1), height


def upright(frame: Any, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Returns a frame of PyAV, made that wide and high and then turned, as [height, width, 3], contiguous."""
    rgb = frame.to_ndarray(format="rgb24", width=size[0], height=size[1])
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
