"""Drawings of named things by simulated people, who wobble, tilt, forget a stroke and draw one too many.

No drawing of anyone is in it. A drawer is a function of (seed, number): drawer 7 is the same whatever `num_drawers` is,
so that more data never changes the data there was. `difficulty` scales everything that is a deviation from the table.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import SyntheticSketches
from pipeline.samples import Samples
from pipeline.sources import bitmaps, drawing_table, ink
from pipeline.sources.drawing_table import POINTS, Thing, Way

# Standard deviations at difficulty 1; lengths in the box of the table, logs of sizes.
TILT_DEG = 7.0  # of a drawer, and as much again of each drawing
LEAN = 0.08  # sideways, a share of height
STRETCH = 0.1  # of each axis of a drawing
BEND = 0.09  # of the whole plane: what is far up or far right is drawn larger, smaller, askew
PLACE = 0.025  # of each stroke by itself
SIZE = 0.09  # of each stroke by itself, each axis
WOBBLE = 0.018  # along a stroke, slow waves of three lengths
OPEN = 0.03  # by which a stroke misses its end
HASTE = (0.0, 0.08)  # chance that a drawer leaves a stroke out, from … to
EXTRA = (0.0, 0.2)  # chance of a stroke too many, from … to
PEN = (1.2, 2.2)  # pixels at 28 by 28, of a drawer
FILLS = (0.6, 0.96)  # share of the picture's side that a drawing takes, from … to


@dataclass(frozen=True, kw_only=True)
class _Drawer:
    """Habits that stay from drawing to drawing."""

    tilt_deg: float
    wobble: float
    haste: float
    extra: float
    pen: float
    ways: NDArray[np.int64]  # of each thing
    mirrors: NDArray[np.bool_]  # of each thing


def read(data: SyntheticSketches) -> Samples:
    """Makes the drawings: `drawings_per_class` of each class by each of `num_drawers`.

    Raises: InputError about the table, or a class that it does not have.
    """
    path = Path(data.path)
    table = drawing_table.read(path)
    names = data.classes or tuple(table)
    unknown = [name for name in names if name not in table]
    if unknown or len(set(names)) < len(names):
        raise InputError(f"data.classes: expected different things of {', '.join(table)}; got {', '.join(names)}.")
    things = [table[name] for name in names]
    drawers = [f"drawer_{number:04d}" for number in range(data.num_drawers)]
    each = [f"{name}/{number}" for name in names for number in range(data.drawings_per_class)]
    return bitmaps.samples(
        np.concatenate([_drawings(number, things, data) for number in range(data.num_drawers)]),
        target=np.tile(np.repeat(np.arange(len(names)), data.drawings_per_class), data.num_drawers),
        group=np.repeat(np.array(drawers, dtype=object), len(each)),
        ids=np.array([f"{drawer}/{drawing}" for drawer in drawers for drawing in each], dtype=object),
        class_names=names,
        provenance={"synthetic": True, "table_sha256": sha256(path), **data.model_dump(exclude={"path"}, mode="json")},
    )


def _drawings(number: int, things: list[Thing], data: SyntheticSketches) -> NDArray[np.uint8]:
    """One drawer's drawings [N, H, W], thing by thing."""
    rng = np.random.default_rng([data.seed, number])
    drawer = _drawer(rng, things, data.difficulty)
    count, parts = data.drawings_per_class, []
    for place, thing in enumerate(things):
        way = thing.ways[drawer.ways[place]]
        points, drawn = _strokes(rng, drawer, way, count, data.difficulty)
        if drawer.mirrors[place]:
            points[..., 0] = 1 - points[..., 0]
        segments, owner = ink.segments(_placed(rng, points, drawn, data), drawn)
        parts.append((segments, owner + place * count))
    segments, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    total = count * len(things)
    pen = drawer.pen * data.size / 28 * np.exp(data.difficulty * rng.normal(0, 0.1, total))
    return ink.draw(segments, owner, count=total, size=data.size, width=pen)


def _drawer(rng: np.random.Generator, things: list[Thing], difficulty: float) -> _Drawer:
    way = rng.random(len(things))
    mirrors = rng.random(len(things)) < 0.5
    return _Drawer(
        tilt_deg=difficulty * rng.normal(0, TILT_DEG),
        wobble=difficulty * WOBBLE * np.exp(rng.normal(0, 0.4)),
        haste=min(1.0, difficulty * rng.uniform(*HASTE)),
        extra=min(1.0, difficulty * rng.uniform(*EXTRA)),
        pen=rng.uniform(*PEN),
        ways=np.array([int(u * len(thing.ways)) if difficulty else 0 for u, thing in zip(way, things, strict=True)]),
        mirrors=np.array([mirror and thing.mirror for mirror, thing in zip(mirrors, things, strict=True)]),
    )


def _strokes(
    rng: np.random.Generator, drawer: _Drawer, way: Way, count: int, difficulty: float
) -> tuple[Float[np.ndarray, "N S P 2"], NDArray[np.bool_]]:
    """Draws a thing `count` times, and says which strokes are drawn; the last stroke is the one too many."""
    num = len(way.chance)
    shape = (count, num, 1, 2)
    middle = way.points.mean(1, keepdims=True)
    points = middle + (way.points - middle) * np.exp(difficulty * rng.normal(0, SIZE, shape))
    points = points + difficulty * rng.normal(0, PLACE, shape)
    points = np.concatenate([points, _too_many(rng, count)], 1)
    points = points + _wobble(rng, (count, num + 1), drawer.wobble)
    miss = difficulty * rng.normal(0, OPEN, (count, num + 1, 1, 2))
    points += miss * np.linspace(-0.5, 0.5, POINTS)[:, None]
    chance = way.chance if difficulty else np.where(way.chance < 0.5, 0.0, 1.0)
    drawn = rng.random((count, num + 1)) < np.append(chance * (1 - drawer.haste), drawer.extra)
    drawn[:, 0] = True  # nobody forgets what everything else is drawn to
    return _bent(rng, points, drawer, difficulty), drawn


def _too_many(rng: np.random.Generator, count: int) -> Float[np.ndarray, "N 1 P 2"]:
    """A short curve anywhere: a slip of the pen, a bit of ground, a beginning that was given up."""
    ends = rng.uniform(0.05, 0.95, (count, 1, 1, 2))
    way, bulge = rng.normal(0, 0.2, (2, count, 1, 1, 2))
    along = np.linspace(-1, 1, POINTS)[:, None]
    return ends + way * along + bulge * (1 - along**2)


def _wobble(rng: np.random.Generator, shape: tuple[int, int], size: float) -> Float[np.ndarray, "N S P 2"]:
    """A hand's slow waves along each stroke: of one, two and three lengths, the short ones lower."""
    along = np.linspace(0, 2 * np.pi, POINTS)
    waves = np.stack([wave(k * along) / k for k in (1, 2, 3) for wave in (np.sin, np.cos)])
    return size * np.einsum("nsdw,wp->nspd", rng.normal(size=(*shape, 2, len(waves))), waves)


def _bent(
    rng: np.random.Generator, points: Float[np.ndarray, "N S P 2"], drawer: _Drawer, difficulty: float
) -> Float[np.ndarray, "N S P 2"]:
    """Bends, stretches, leans and tilts each drawing as a whole, about the middle of the box."""
    count = len(points)
    x, y = (points - 0.5).transpose(3, 0, 1, 2)
    a, b, c, d = difficulty * rng.normal(0, BEND, (4, count, 1, 1))
    x, y = x * (1 + 2 * a * y) + b * y * y, y * (1 + 2 * c * x) + d * x * x
    wide, high = np.exp(difficulty * rng.normal(0, STRETCH, (2, count, 1, 1)))
    x, y = x * wide + difficulty * rng.normal(0, LEAN, (count, 1, 1)) * y, y * high
    tilt = np.radians(drawer.tilt_deg + difficulty * rng.normal(0, TILT_DEG, (count, 1, 1)))
    return np.stack([np.cos(tilt) * x - np.sin(tilt) * y, np.sin(tilt) * x + np.cos(tilt) * y], -1) + 0.5


def _placed(
    rng: np.random.Generator, points: Float[np.ndarray, "N S P 2"], drawn: NDArray[np.bool_], data: SyntheticSketches
) -> Float[np.ndarray, "N S P 2"]:
    """Puts each drawing somewhere in its picture, in pixels; it fills more or less of it and never leaves it."""
    hidden = ~drawn[..., None, None]
    low = np.where(hidden, np.inf, points).min((1, 2), keepdims=True)
    high = np.where(hidden, -np.inf, points).max((1, 2), keepdims=True)
    longer = (high - low).max(-1, keepdims=True)
    least, most = FILLS if data.difficulty else (FILLS[1], FILLS[1])
    scale = rng.uniform(least, most, longer.shape) / longer
    room = 1 - (high - low) * scale
    corner = room * (0.5 + min(data.difficulty, 1.0) * rng.uniform(-0.5, 0.5, room.shape))
    return data.size * ((points - low) * scale + corner)
