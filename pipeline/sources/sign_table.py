"""The table of signs: handshapes, locations, movements, and the signs that are made of them.

Read from YAML that a person edits; every mistake names the file, the entry, the key, what was expected and what is
there. What the table says of a hand's own side (`out`, `in`) is turned here into the frame of kinematic_hand and
signing_body: a right hand's, x to the picture's right, y down, z away from the viewer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from ruamel.yaml import YAML, YAMLError

from pipeline.errors import InputError
from pipeline.sources import letter_table

PARAMETERS = ("shape", "location", "movement", "orientation", "hands")
HANDS = ("one", "both", "alternating", "base")
DIRECTIONS = {
    "out": (-1.0, 0.0, 0.0),
    "in": (1.0, 0.0, 0.0),
    "up": (0.0, -1.0, 0.0),
    "down": (0.0, 1.0, 0.0),
    "forward": (0.0, 0.0, -1.0),
    "back": (0.0, 0.0, 1.0),
}
PLACE = {"out": (-2.0, 2.0), "up": (-2.5, 2.0), "forward": (-0.5, 2.0)}
STEP = {
    "at": (0.0, 1.0),
    **dict.fromkeys(("out", "up", "forward", "press"), (-1.5, 1.5)),
    **dict.fromkeys(("turn", "tip", "roll"), (-180.0, 180.0)),
    "shape": (0.0, 1.0),
}
CURVE = ("x", "y", "z", "press", "turn", "tip", "roll", "shape")
NUM_STEPS = 96  # of a movement's curve
_SECTIONS = ("shapes", "locations", "movements", "signs", "pairs")
_HELD = ("shape", "location", "palm", "fingers")
_SIGN = ("shape", "location", "movement", "palm", "fingers", "hands", "base")


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One movement, as a curve that passes smoothly through the table's steps.

    curve    [NUM_STEPS + 1, 8] columns as CURVE, evenly spaced in time
    repeat   how often the curve goes through the path; half a cycle is 0.5 / repeat of it
    seconds  of the average signer
    wiggle   of the fingers, degrees
    """

    curve: NDArray[np.float64]
    repeat: int
    seconds: float
    wiggle: float


@dataclass(frozen=True, kw_only=True)
class Held:
    """How a hand is held: the handshape's name (two where it changes), the location's, and the orientation."""

    shape: tuple[str, ...]
    location: str
    palm: str
    fingers: str


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One sign: the hand that leads, how it moves, and what the other one does; `base` where that one holds still."""

    lead: Held
    movement: str
    hands: str
    base: Held | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """All of the file: shapes [J] degrees, locations [3] shoulder widths, movements, signs; pairs of two signs each
    with the one parameter in which they differ."""

    shapes: dict[str, NDArray[np.float64]]
    locations: dict[str, NDArray[np.float64]]
    movements: dict[str, Movement]
    signs: dict[str, Sign]
    pairs: tuple[tuple[str, str, str], ...]


def differences(one: Sign, two: Sign) -> list[str]:
    """Returns the parameters in which two signs differ."""
    values = [
        (sign.lead.shape, sign.lead.location, sign.movement, direction(sign.lead), (sign.hands, sign.base))
        for sign in (one, two)
    ]
    return [name for name, a, b in zip(PARAMETERS, *values, strict=True) if a != b]


def minimal_pairs(table: Table) -> list[tuple[str, str, str]]:
    """Returns all pairs of signs that differ in one parameter only, with its name; declared or not."""
    found = [(a, b, differences(table.signs[a], table.signs[b])) for a, b in combinations(table.signs, 2)]
    return [(a, b, names[0]) for a, b, names in found if len(names) == 1]


@cache
def direction(held: Held) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns two unit vectors: where straight fingers point, and the palm's, at a right angle to them."""
    fingers, palm = (_vector(text) for text in (held.fingers, held.palm))
    palm = palm - (palm @ fingers) * fingers
    length = np.linalg.norm(palm)
    return tuple(fingers), tuple(palm / length) if length > 0.3 else (0.0, 0.0, 0.0)


def read(path: Path) -> Table:
    """Reads the table.

    Raises: InputError naming the file, the entry and the key.
    """
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Give `data.path` the table of signs.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' is not valid YAML: {error}") from None
    raw = _mapping(f"'{path}'", raw, _SECTIONS)
    entries = {name: _named(f"'{path}': {name}", raw.get(name)) for name in _SECTIONS[:4]}

    def where(section: str, name: str) -> str:
        return f"'{path}': {section} '{name}'"

    shapes = {n: letter_table.handshape(where("handshape", n), v) for n, v in entries["shapes"].items()}
    places = {n: _place(where("location", n), v) for n, v in entries["locations"].items()}
    movements = {n: _movement(where("movement", n), v) for n, v in entries["movements"].items()}
    known = {"shape": shapes, "location": places, "movement": movements}
    signs = {n: _sign(where("sign", n), v, known) for n, v in entries["signs"].items()}
    pairs = _pairs(f"'{path}': pairs", raw.get("pairs", {}), signs)
    return Table(shapes=shapes, locations=places, movements=movements, signs=signs, pairs=pairs)


def _place(where: str, raw: Any) -> NDArray[np.float64]:
    return -_numbers(where, raw, PLACE)  # out, up, forward are -x, -y, -z


def _movement(where: str, raw: Any) -> Movement:
    entry = _mapping(where, raw, ("seconds", "repeat", "wiggle", "path"))
    seconds, repeat, wiggle = _numbers(
        where,
        {"repeat": 1, **{key: entry[key] for key in entry if key != "path"}},
        {"seconds": (0.1, 5.0), "repeat": (1, 10), "wiggle": (0.0, 60.0)},
    )
    steps = entry.get("path")
    if not isinstance(steps, list) or len(steps) < 2:
        raise InputError(f"{where}: key 'path': expected a list of at least two steps, got {steps!r}.")
    rows = np.stack([_numbers(f"{where}, step {i}", step, STEP) for i, step in enumerate(steps, 1)])
    at, rows = rows[:, 0], rows[:, 1:]
    if (np.diff(at) <= 0).any() or at[0] != 0 or at[-1] != 1:
        raise InputError(f"{where}: key 'at': expected numbers that grow from 0 to 1, got {at.tolist()}.")
    if repeat > 1 and not np.allclose(rows[0], rows[-1]):
        raise InputError(f"{where}: key 'repeat': expected a path that ends where it begins, or 1, got {repeat:g}.")
    rows[:, :3] *= -1
    time = np.linspace(0, 1, NUM_STEPS + 1) * int(repeat)
    return Movement(
        curve=_smooth(at, rows, np.where(time < repeat, time % 1, 1)),
        repeat=int(repeat),
        seconds=float(seconds),
        wiggle=float(wiggle),
    )


def _smooth(
    at: Float[np.ndarray, "K"], rows: Float[np.ndarray, "K D"], time: Float[np.ndarray, "T"]
) -> Float[np.ndarray, "T D"]:
    """Passes through the steps by cubic Hermite curves; a closed path has no corner where it closes."""
    slope = np.gradient(rows, at, axis=0)
    if np.allclose(rows[0], rows[-1]):
        slope[[0, -1]] = (slope[0] + slope[-1]) / 2
    piece = np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2)
    width = (at[piece + 1] - at[piece])[:, None]
    u = (time[:, None] - at[piece][:, None]) / width
    straight = (1 + 2 * u) * (1 - u) ** 2 * rows[piece] + u**2 * (3 - 2 * u) * rows[piece + 1]
    return straight + width * (u * (1 - u) ** 2 * slope[piece] - u**2 * (1 - u) * slope[piece + 1])


def _sign(where: str, raw: Any, known: dict[str, dict[str, Any]]) -> Sign:
    entry = _mapping(where, raw, _SIGN)
    lead = _held(where, {key: entry[key] for key in _HELD if key in entry}, known)
    movement = _chosen(where, "movement", entry.get("movement"), known["movement"])
    hands = _chosen(where, "hands", entry.get("hands"), HANDS)
    curve = known["movement"][movement].curve
    if bool(curve[:, -1].any()) != (len(lead.shape) == 2):
        expected = "two names, which this movement changes between" if curve[:, -1].any() else "one name"
        raise InputError(f"{where}: key 'shape': expected {expected}, got {', '.join(lead.shape)}.")
    if hands == "alternating" and not np.allclose(curve[0], curve[-1]):
        raise InputError(
            f"{where}: key 'movement': expected one that closes, for hands that alternate, got {movement}."
        )
    if (hands == "base") != ("base" in entry):
        raise InputError(f"{where}: key 'base': expected with `hands: base`, and only there, got hands: {hands}.")
    base = _held(f"{where}, base", _mapping(f"{where}, base", entry["base"], _HELD), known) if "base" in entry else None
    return Sign(lead=lead, movement=movement, hands=hands, base=base)


def _held(where: str, entry: dict[str, Any], known: dict[str, dict[str, Any]]) -> Held:
    shape = entry.get("shape")
    names = shape if isinstance(shape, list) and 1 <= len(shape) <= 2 else [shape]
    for key in ("palm", "fingers"):
        text = entry.get(key)
        if not isinstance(text, str) or not text.split() or not set(text.split()) <= set(DIRECTIONS):
            raise InputError(f"{where}: key '{key}': expected words of {', '.join(DIRECTIONS)}, got {text!r}.")
    held = Held(
        shape=tuple(_chosen(where, "shape", name, known["shape"]) for name in names),
        location=_chosen(where, "location", entry.get("location"), known["location"]),
        palm=entry["palm"],
        fingers=entry["fingers"],
    )
    if not np.any(direction(held)[1]):
        raise InputError(f"{where}: key 'palm': expected across the fingers ({held.fingers}), got {held.palm}.")
    return held


def _vector(text: str) -> NDArray[np.float64]:
    total = np.sum([DIRECTIONS[word] for word in text.split()], axis=0)
    return total / max(np.linalg.norm(total), 1e-9)


def _pairs(where: str, raw: Any, signs: dict[str, Sign]) -> tuple[tuple[str, str, str], ...]:
    found = []
    for parameter, pairs in _mapping(where, raw, PARAMETERS).items():
        at = f"{where}, {parameter}"
        for pair in pairs if isinstance(pairs, list) else [pairs]:
            if not isinstance(pair, list) or len(pair) != 2:
                raise InputError(f"{at}: expected two signs, got {pair!r}.")
            one, two = (_chosen(at, "sign", name, signs) for name in pair)
            if (differ := differences(signs[one], signs[two])) != [parameter]:
                raise InputError(
                    f"{at}: '{one}' and '{two}': expected to differ in {parameter} only, "
                    f"got {', '.join(differ) or 'no difference'}."
                )
            found.append((one, two, parameter))
    return tuple(found)


def _chosen(where: str, key: str, got: Any, valid: Iterable[str]) -> str:
    if not isinstance(got, str) or got not in valid:
        raise InputError(f"{where}: key '{key}': expected one of {', '.join(valid)}, got {got!r}.")
    return got


def _named(where: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw or not all(isinstance(name, str) for name in raw):
        raise InputError(f"{where}: expected a mapping of at least one name, got {raw!r}.")
    return raw


def _numbers(where: str, raw: Any, limits: dict[str, tuple[float, float]]) -> NDArray[np.float64]:
    values = _mapping(where, raw, tuple(limits))
    for name, (low, high) in limits.items():
        got = values.get(name, 0)
        if isinstance(got, bool) or not isinstance(got, int | float) or not low <= got <= high:
            raise InputError(f"{where}: key '{name}': expected {low:g} to {high:g}, got {got!r}.")
    return np.array([float(values.get(name, 0)) for name in limits])


def _mapping(where: str, raw: Any, valid: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise InputError(f"{where}: expected a mapping of {', '.join(valid)}, got {raw!r}.")
    unknown = [key for key in raw if key not in valid]
    if unknown:
        raise InputError(f"{where}: unknown key '{unknown[0]}'. Valid: {', '.join(valid)}.")
    return dict(raw)
