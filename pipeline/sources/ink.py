"""Strokes to bitmaps: round pens of any width, antialiased, all drawings of a batch at once.

A pixel's grey is how much of it the pen covers, told by its distance from the nearest segment. Segments are first cut
to a pixel's length, so that each reaches few pixels; what several cover keeps the darkest.
"""

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy.typing import NDArray

LONGEST = 1.0  # pixels, of a piece of a segment
PIECES = 50_000  # at once: what bounds the memory


def draw(
    segments: Float[np.ndarray, "S 4"],
    owner: Int[np.ndarray, " S"],
    *,
    count: int,
    size: int,
    width: Float[np.ndarray, " N"],
) -> UInt8[np.ndarray, "N H W"]:
    """Returns `count` square bitmaps, 0 paper to 255 ink.

    segments  x, y of both ends, in pixels from the upper left corner; a pixel's middle is at 0.5
    owner     the drawing that each belongs to
    width     of each drawing's pen, in pixels
    """
    ink = np.zeros(count * size * size, np.float32)
    pieces, owner = _cut(np.asarray(segments, np.float32), owner)
    radius = np.asarray(width, np.float32) / 2
    reach = int(np.ceil(radius.max(initial=0) + 0.5 + LONGEST / 2))
    for start in range(0, len(pieces), PIECES):
        own = owner[start : start + PIECES]
        pixel, grey = _covered(pieces[start : start + PIECES], own, radius, size, reach)
        np.maximum.at(ink, pixel, grey)
    return np.rint(ink * 255).astype(np.uint8).reshape(count, size, size)


def segments(
    points: Float[np.ndarray, "N S P 2"], drawn: NDArray[np.bool_]
) -> tuple[Float[np.ndarray, "M 4"], Int[np.ndarray, " M"]]:
    """Returns what joins the points of each stroke that is drawn, and whose it is."""
    ends = np.concatenate([points[:, :, :-1], points[:, :, 1:]], -1)
    kept = ends[drawn]
    return kept.reshape(-1, 4), np.repeat(np.nonzero(drawn)[0], kept.shape[1])


def _cut(
    segments: Float[np.ndarray, "S 4"], owner: Int[np.ndarray, " S"]
) -> tuple[Float[np.ndarray, "S 4"], Int[np.ndarray, " S"]]:
    """Cuts segments into equal pieces of at most LONGEST."""
    long = np.hypot(*(segments[:, 2:] - segments[:, :2]).T)
    num = np.maximum(1, np.ceil(long / LONGEST)).astype(np.int64)
    whole = np.repeat(np.arange(len(segments)), num)
    place = np.arange(len(whole)) - np.repeat(np.cumsum(num) - num, num)
    way = (segments[:, 2:] - segments[:, :2])[whole] / num[whole, None].astype(np.float32)
    begin = segments[whole, :2] + way * place[:, None].astype(np.float32)
    return np.concatenate([begin, begin + way], 1), owner[whole]


def _covered(
    pieces: Float[np.ndarray, "S 4"],
    owner: Int[np.ndarray, " S"],
    radius: Float[np.ndarray, " N"],
    size: int,
    reach: int,
) -> tuple[Int[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Returns the pixels that pieces cover, by their place in the whole batch, and how much of each."""
    around = np.arange(-reach, reach + 1)
    middle = np.floor((pieces[:, :2] + pieces[:, 2:]) / 2).astype(np.int64)
    column, row = middle[:, :1] + around, middle[:, 1:] + around  # [S, R] each
    x0, y0, x1, y1 = pieces.T
    across, down = x1 - x0, y1 - y0
    square = np.maximum(across * across + down * down, np.float32(1e-12))
    right = column.astype(np.float32) + np.float32(0.5) - x0[:, None]
    below = row.astype(np.float32) + np.float32(0.5) - y0[:, None]
    along = (right * (across / square)[:, None])[:, None, :] + (below * (down / square)[:, None])[:, :, None]
    np.clip(along, 0, 1, out=along)
    left_x = right[:, None, :] - along * across[:, None, None]
    left_y = below[:, :, None] - along * down[:, None, None]
    grey = (radius[owner] + np.float32(0.5))[:, None, None] - np.sqrt(left_x * left_x + left_y * left_y)
    # a pen thinner than a pixel covers no pixel wholly
    np.clip(grey, 0, np.minimum(1, 2 * radius[owner])[:, None, None], out=grey)
    inside = ((column >= 0) & (column < size))[:, None, :] & ((row >= 0) & (row < size))[:, :, None] & (grey > 0)
    pixel = (owner[:, None, None] * size + row[:, :, None]) * size + column[:, None, :]
    return pixel[inside], grey[inside]
