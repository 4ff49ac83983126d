"""Figures of a drawing: how much, how dark, where, how wide its lines, in how many pieces.

Lengths are measured in picture widths or heights. A pixel counts as drawn where it is at least HALF as dark as ink.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.samples import Samples

HALF = 128
AT_ONCE = 4096  # drawings, which bounds the memory
BESIDE = np.zeros((3, 3, 3), bool)  # no drawing touches the next one
BESIDE[1] = True
ACROSS = BESIDE & ndimage.generate_binary_structure(3, 1)  # paper leaks through no corner


def figures(samples: Samples) -> dict[str, NDArray[Any]]:
    """Returns, for each drawing:

    ink_share            ink, as a share of the picture
    darkness             mean grey of the drawn pixels, 1 black
    centre_x, centre_y   centre of the ink, in picture widths and heights from the upper left corner
    width, height        of what is drawn, in picture widths and heights
    spread               root mean square distance of the ink from its centre, in picture heights
    stroke_width         mean width of a line, in picture heights
    line_length          length of all lines, in picture heights
    pieces               drawn pieces that do not touch
    enclosed             pieces of paper that lines enclose
    symmetry             how far the left half is the right one's mirror image, 0 not at all, 1 wholly
    edge_share           share of the ink that lies in the outermost pixels: a drawing that leaves its picture
    """
    parts = [_measured(samples.values[start : start + AT_ONCE]) for start in range(0, len(samples.values), AT_ONCE)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _measured(pictures: UInt8[np.ndarray, "N H W"]) -> dict[str, NDArray[np.float64]]:
    height, width = pictures.shape[1:]
    grey = pictures.astype(np.float32) / 255
    drawn = pictures >= HALF
    columns, rows = grey.sum(1, dtype=np.float64), grey.sum(2, dtype=np.float64)
    ink = columns.sum(1)
    x, y = (_centre(profile, ink) for profile in (columns, rows))
    edges = _edges(grey)
    (left, right), (top, bottom) = (_ends(np.asarray(drawn.any(axis))) for axis in (1, 2))
    border = rows[:, 0] + rows[:, -1] + columns[:, 0] + columns[:, -1] - grey[:, [0, 0, -1, -1], [0, -1, 0, -1]].sum(1)
    return {
        "ink_share": ink / (height * width),
        "darkness": _ratio((grey * drawn).sum((1, 2), dtype=np.float64), drawn.sum((1, 2))),
        "centre_x": x / width,
        "centre_y": y / height,
        "width": (right - left) / width,
        "height": (bottom - top) / height,
        "spread": np.sqrt(_variance(columns, x, ink) + _variance(rows, y, ink)) / height,
        "stroke_width": 2 * _ratio(ink, edges) / height,
        "line_length": np.where(ink > 0, edges / 2, np.nan) / height,
        "pieces": _pieces(drawn, BESIDE),
        "enclosed": _pieces(np.pad(~drawn, ((0, 0), (1, 1), (1, 1)), constant_values=True), ACROSS) - 1,
        "symmetry": _symmetry(grey, left, right, ink),
        "edge_share": _ratio(border, ink),
    }


def _centre(profile: Float[np.ndarray, "N L"], ink: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Returns the centre of mass along one side, in pixels; a pixel's middle is half a pixel in."""
    return _ratio(profile @ (np.arange(profile.shape[1]) + 0.5), ink)


def _variance(
    profile: Float[np.ndarray, "N L"], centre: Float[np.ndarray, " N"], ink: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    away = np.arange(profile.shape[1]) + 0.5 - centre[:, None]
    return _ratio((profile * away**2).sum(1), ink)


def _ends(drawn: Bool[np.ndarray, "N L"]) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Returns where what is drawn begins and ends along one side, in pixels; NaN where nothing is."""
    some = drawn.any(1)
    first, last = drawn.argmax(1), drawn.shape[1] - drawn[:, ::-1].argmax(1)
    return np.where(some, first, np.nan), np.where(some, last, np.nan)


def _edges(grey: Float[np.ndarray, "N H W"]) -> Float[np.ndarray, " N"]:
    """Returns the length of all edges, in pixels: the total variation of the grey, paper all around it.

    A line has two edges, whatever its width: so half of it is the lines' length, and the ink over that their width.
    Source: L. Rudin, S. Osher, E. Fatemi, "Nonlinear total variation based noise removal algorithms", 1992.
    """
    around = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    down = np.diff(around, axis=1)[:, :, :-1]
    across = np.diff(around, axis=2)[:, :-1]
    return np.sqrt(down * down + across * across).sum((1, 2), dtype=np.float64)


def _pieces(drawn: Bool[np.ndarray, "N H W"], touching: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Counts the connected pieces of each picture: labels are given picture by picture."""
    found: Any = ndimage.label(drawn, touching)
    last = np.maximum.accumulate(found[0].max((1, 2)))
    return np.diff(last, prepend=0).astype(np.float64)


def _symmetry(
    grey: Float[np.ndarray, "N H W"],
    left: Float[np.ndarray, " N"],
    right: Float[np.ndarray, " N"],
    ink: Float[np.ndarray, " N"],
) -> Float[np.ndarray, " N"]:
    """Compares each drawing with its mirror image about the middle of what is drawn."""
    width = grey.shape[2]
    source = np.nan_to_num(left + right - 1).astype(int)[:, None] - np.arange(width)
    inside = (source >= 0) & (source < width)
    mirrored = np.take_along_axis(grey, np.clip(source, 0, width - 1)[:, None, :], 2) * inside[:, None, :]
    apart = np.abs(grey - mirrored).sum((1, 2), dtype=np.float64)
    return np.where(np.isnan(left), np.nan, np.clip(1 - _ratio(apart, 2 * ink), 0, 1))


def _ratio(over: NDArray[Any], under: NDArray[Any]) -> NDArray[np.float64]:
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0)
