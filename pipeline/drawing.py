"""A skeleton drawn on a picture, or on nothing: what is seen, by its names and edges.

The signer's left hand is blue, the right one vermilion, the pose grey: hues that people with any of the common colour
deficiencies tell apart. A white rim keeps lines legible on any photograph. What was not seen is not drawn, and neither
is a bone with an end that was not.
Source: the colours are of M. Okabe and K. Ito, Color Universal Design, 2008.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.errors import InputError
from pipeline.skeleton import Skeleton
from pipeline.skeleton import skeleton as skeleton_by_name

Color = tuple[int, int, int]

LEFT: Color = (0, 114, 178)
RIGHT: Color = (213, 94, 0)
UNKNOWN: Color = (0, 158, 115)  # one hand, and nobody said which
POSE: Color = (96, 96, 96)
PAPER: Color = (255, 255, 255)
PALE: Color = (190, 190, 190)  # of what weighs nothing
HEAVY: Color = (160, 20, 0)
SMALLEST, LARGEST = 0.7, 2.8  # a weighed point beside a plain one; a larger one would leave the box that is drawn
FAR = 3.0  # picture sizes off its corner: beyond it Pillow would walk along a line for minutes


@dataclass(frozen=True)
class Strokes:
    """Every bone and point of a skeleton by its columns, in the order in which they are drawn; a point has a size."""

    bones: tuple[tuple[int, int, Color], ...]
    points: tuple[tuple[int, Color, float], ...]


def draw(
    points: NDArray[np.floating],
    skeleton: str,
    picture: NDArray[np.uint8] | None = None,
    *,
    height: int = 480,
    aspect: float = 1.0,
    handedness: float = float("nan"),
    smooth: int = 2,
    weights: NDArray[np.floating] | None = None,
) -> NDArray[np.uint8]:
    """Returns a new picture [H, W, 3] with one frame drawn on it; on paper where there is no picture.

    points      [V, 2] or [V, 3], as recorded: shares of the picture, y downward; NaN where not seen
    height      of the paper in pixels; `aspect` gives its width, and is ignored where there is a picture
    handedness  of one hand alone: 1 right, 0 left, NaN unknown
    smooth      how much finer lines are drawn than shown; 1 is the quickest, for a live picture
    weights     [V] of the points, 0 to 1, drawn as their size and colour instead of whose hand they are
    """
    canvas = paper(height, aspect) if picture is None else picture
    if canvas.ndim != 3 or canvas.shape[2] != 3 or canvas.dtype != np.uint8 or 0 in canvas.shape:
        raise InputError(f"expected a picture [H, W, 3] of uint8, got {list(canvas.shape)} of {canvas.dtype}.")
    named = skeleton_by_name(skeleton)
    if points.ndim != 2 or len(points) != len(named.points) or points.shape[1] < 2:
        raise InputError(
            f"expected one frame of {len(named.points)} points (skeleton '{skeleton}'), got {list(points.shape)}."
        )
    size = np.array([canvas.shape[1], canvas.shape[0]])
    thickness = max(1.0, min(size) / 200)
    xy = np.where((np.abs(points[:, :2]) <= FAR).all(1, keepdims=True), points[:, :2] * size, np.nan)
    corner, end = _box(xy, size, math.ceil(4 * thickness))
    if (end <= corner).any():
        return canvas.copy()
    layer = Image.new("RGBA", tuple(((end - corner) * smooth).tolist()), (*PAPER, 0))
    what = strokes(named, handedness) if weights is None else weighed(named, weights)
    _strokes(ImageDraw.Draw(layer), (xy - corner.astype(np.float64)) * smooth, what, thickness * smooth)
    drawn = canvas.copy()
    part = Image.fromarray(canvas[corner[1] : end[1], corner[0] : end[0]]).convert("RGBA")
    part.alpha_composite(layer.reduce(smooth) if smooth > 1 else layer)
    drawn[corner[1] : end[1], corner[0] : end[0]] = np.asarray(part.convert("RGB"))
    return drawn


def closer(
    clip: NDArray[np.floating], aspect: float, *, around: Sequence[int] | None = None, margin: float = 0.1
) -> tuple[NDArray[np.floating], float]:
    """Moves the picture's borders around what is seen in a clip [T, V, 3]; returns the clip and the new aspect.

    The part that is shown is a square, the same one in every frame; where nothing is seen, all is as it was. `around`
    names the columns that must be inside; None: all.
    """
    inside = clip if around is None else clip[:, list(around)]
    xy = (inside[..., :2] * [aspect, 1.0])[(np.abs(inside[..., :2]) <= FAR).all(-1)]
    if not len(xy):
        return clip, aspect
    low, high = xy.min(0), xy.max(0)
    side = max(float((high - low).max()), 1e-3) * (1 + 2 * margin)
    moved = clip.copy()
    moved[..., :2] = (clip[..., :2] * [aspect, 1.0] - (low + high) / 2) / side + 0.5
    return moved, 1.0


def paper(height: int, aspect: float) -> NDArray[np.uint8]:
    """Returns an empty picture of that height and width / height."""
    return np.full((height, max(1, round(height * aspect)), 3), PAPER, np.uint8)


def strokes(skeleton: Skeleton, handedness: float = float("nan")) -> Strokes:
    """Returns what is drawn in which colour; hands lie above the pose."""
    color = _colors(skeleton, handedness)
    first = [part for part in skeleton.parts if part not in skeleton.hands]
    order = [column for part in (*first, *skeleton.hands) for column in skeleton.part(part)]
    rank = {column: place for place, column in enumerate(order)}
    bones = [(skeleton.index(a), skeleton.index(b)) for a, b in skeleton.edges]
    bones.sort(key=lambda bone: min(rank[bone[0]], rank[bone[1]]))
    return Strokes(
        tuple((a, b, color[min(a, b, key=rank.__getitem__)]) for a, b in bones),
        tuple((column, color[column], 1.0) for column in order),
    )


def weighed(skeleton: Skeleton, weights: NDArray[np.floating]) -> Strokes:
    """Returns pale bones, and points the darker and larger the more they weigh; the heaviest lie above the others."""
    shares = np.clip(np.nan_to_num(weights), 0, 1)
    plain = strokes(skeleton)
    points = sorted(plain.points, key=lambda point: shares[point[0]])
    return Strokes(
        tuple((a, b, PALE) for a, b, _ in plain.bones),
        tuple(
            (column, shade(float(shares[column])), SMALLEST + (LARGEST - SMALLEST) * float(shares[column]))
            for column, _, _ in points
        ),
    )


def shade(weight: float) -> Color:
    """Returns the colour of a weight from 0 to 1: from light to dark, so that it is told without hues."""
    red, green, blue = (round(low + (high - low) * weight) for low, high in zip(PALE, HEAVY, strict=True))
    return red, green, blue


def _colors(skeleton: Skeleton, handedness: float) -> dict[int, Color]:
    alone = UNKNOWN if np.isnan(handedness) else RIGHT if handedness >= 0.5 else LEFT
    of_part = {"left_hand": LEFT, "right_hand": RIGHT, "hand": alone}
    return {column: of_part.get(part, POSE) for part in skeleton.parts for column in skeleton.part(part)}


def _box(
    xy: NDArray[np.floating], size: NDArray[np.integer], margin: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the corners of the picture's part in which there is something to draw: a live picture has no time."""
    seen = xy[~np.isnan(xy).any(1)]
    if not len(seen):
        return np.zeros(2, np.int64), np.zeros(2, np.int64)
    low, high = np.floor(seen.min(0)).astype(np.int64) - margin, np.ceil(seen.max(0)).astype(np.int64) + margin
    return np.clip(low, 0, size), np.clip(high, 0, size)


def _strokes(on: ImageDraw.ImageDraw, xy: NDArray[np.floating], what: Strokes, thickness: float) -> None:
    """Draws the rim of everything first, then the colours, so that no rim cuts a bone."""
    seen = [math.isfinite(x + y) for x, y in xy.tolist()]
    place = [tuple(point) for point in xy.tolist()]
    for rim in (thickness, 0.0):
        for a, b, color in what.bones:
            if seen[a] and seen[b]:
                on.line((place[a], place[b]), fill=_ink(color, rim), width=max(1, round(thickness + rim)))
        for column, color, size in what.points:
            if seen[column]:
                x, y = place[column]
                radius = 1.2 * thickness * size + rim / 2
                box = (x - radius, y - radius, x + radius, y + radius)
                on.ellipse(box, fill=_ink(color, rim))


def _ink(color: Color, rim: float) -> tuple[int, ...]:
    return (*(PAPER if rim else color), 255)
