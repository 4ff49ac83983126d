"""How things are drawn: the table of strokes that `synthetic_sketches` reads, as points of equal number."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from ruamel.yaml import YAML, YAMLError

from pipeline.errors import InputError

POINTS = 25  # of each stroke
KINDS = ("line", "curve", "circle", "arc", "rays")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to draw a thing.

    points  [S, P, 2] of each stroke, evenly spaced, x right and y down in a box from 0 to 1
    chance  [S] with which each is drawn
    """

    points: NDArray[np.float64]
    chance: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What is drawn, the ways to draw it, and whether people draw it either way round."""

    ways: tuple[Way, ...]
    mirror: bool


def read(path: Path) -> dict[str, Thing]:
    """Reads a table; things keep its order.

    Raises: InputError with the place of the first mistake.
    """
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Name the table of strokes in data.path.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' is not a table of strokes: {error}") from None
    if not isinstance(raw, dict) or not raw:
        raise InputError(
            f"'{path}': expected things by name, got {type(raw).__name__}. See the table that comes along."
        )
    return {str(name): _thing(thing, f"'{path}', {name}") for name, thing in raw.items()}


def _thing(raw: Any, where: str) -> Thing:
    ways = raw.get("ways") if isinstance(raw, Mapping) else None
    if not isinstance(ways, list) or not ways or set(raw) - {"ways", "mirror"}:
        raise InputError(f"{where}: expected `ways`, a list of ways to draw it, and perhaps `mirror`.")
    return Thing(
        ways=tuple(_way(way, f"{where}, way {number}") for number, way in enumerate(ways, 1)),
        mirror=bool(raw.get("mirror", False)),
    )


def _way(raw: Any, where: str) -> Way:
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{where}: expected a list of strokes.")
    strokes = [stroke for number, own in enumerate(raw, 1) for stroke in _strokes(own, f"{where}, stroke {number}")]
    points, chance = zip(*strokes, strict=True)
    return Way(points=np.stack(points), chance=np.array(chance))


def _strokes(raw: Any, where: str) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yields what one entry stands for: a stroke, or a stroke for each ray."""
    kinds = [kind for kind in KINDS if isinstance(raw, Mapping) and kind in raw]
    if len(kinds) != 1 or set(raw) - {*KINDS, "closed", "chance"}:
        raise InputError(f"{where}: expected one of {', '.join(KINDS)}, and perhaps `closed` and `chance`, got {raw}.")
    (kind,) = kinds
    chance = raw.get("chance", 1.0)
    if not isinstance(chance, int | float) or not 0 < chance <= 1:
        raise InputError(f"{where}: expected `chance` above 0 and at most 1, got {chance!r}.")
    try:
        given = np.array(raw[kind], dtype=float)
        if kind in ("line", "curve"):
            given = _pairs(given, closed=bool(raw.get("closed", False)))
            drawn = [given if kind == "line" else _smooth(given)]
        else:
            drawn = list(ROUND[kind](*given))
    except (TypeError, ValueError):
        raise InputError(
            f"{where}: `{kind}` does not take {raw[kind]}. The head of the table says what it takes."
        ) from None
    for points in drawn:
        yield evenly(points, POINTS), float(chance)


def _pairs(given: NDArray[np.float64], *, closed: bool) -> Float[np.ndarray, "M 2"]:
    if given.ndim != 2 or given.shape[1] != 2 or len(given) < 2:
        raise ValueError("expected two points or more")
    return np.concatenate([given, given[:1]]) if closed else given


def _smooth(points: Float[np.ndarray, "M 2"], between: int = 8) -> Float[np.ndarray, "L 2"]:
    """Returns a curve through points.

    Source: E. Catmull, R. Rom, "A class of local interpolating splines", 1974; uniform, ends doubled.
    """
    closed = np.array_equal(points[0], points[-1])
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    p = np.concatenate([[before], points, [after]])
    t = np.linspace(0, 1, between, endpoint=False)[:, None]
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    curve = b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2) + t**3 * (1.5 * (b - c) + (d - a) / 2)
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _arc(
    x: float, y: float, across: float, down: float, begin_deg: float = -90.0, end_deg: float = 270.0
) -> Iterator[Float[np.ndarray, "L 2"]]:
    angle = np.radians(np.linspace(begin_deg, end_deg, 2 * POINTS))
    yield np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], -1)


def _circle(x: float, y: float, across: float, down: float) -> Iterator[Float[np.ndarray, "L 2"]]:
    yield from _arc(x, y, across, down)


def _rays(x: float, y: float, inner: float, outer: float, num: float) -> Iterator[Float[np.ndarray, "2 2"]]:
    for angle in 2 * np.pi * np.arange(int(num)) / num - np.pi / 2:
        direction = np.array([np.cos(angle), np.sin(angle)])
        yield np.array([x, y]) + np.outer([inner, outer], direction)


ROUND: dict[str, Callable[..., Iterator[NDArray[np.float64]]]] = {"circle": _circle, "arc": _arc, "rays": _rays}


def evenly(points: Float[np.ndarray, "M 2"], num: int) -> Float[np.ndarray, "P 2"]:
    """Returns `num` points along a polyline, at equal distances along it."""
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    place = np.linspace(0, way[-1], num)
    return np.stack([np.interp(place, way, points[:, axis]) for axis in (0, 1)], -1)
