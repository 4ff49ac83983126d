"""The table of handshapes: each letter's joint angles, palm orientation and, for J and Z, its movement.

Read from YAML that a person edits; every mistake names the letter and the joint. A joint that is left out is 0.
"""

from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML, YAMLError

from pipeline.errors import InputError
from pipeline.sources.kinematic_hand import LIMITS

ORIENTATION = {"turn": (-180.0, 180.0), "tip": (-90.0, 90.0), "roll": (-180.0, 180.0)}
PATH = {"at": (0.0, 1.0), "x": (-3.0, 3.0), "y": (-3.0, 3.0), **ORIENTATION}
_PARTS = (*LIMITS, "hand")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter in the ways that people show it.

    angles  [S, J] degrees, a row for each way, columns as kinematic_hand.JOINTS
    wrist   [S, 3] degrees: turn, tip, roll
    path    [K, 6] at (share of the movement), x, y (hand lengths), turn, tip, roll (degrees); one zero row if still
    """

    angles: NDArray[np.float64]
    wrist: NDArray[np.float64]
    path: NDArray[np.float64]


def read(path: Path) -> dict[str, Letter]:
    """Reads the table of all 26 letters.

    Raises: InputError naming the file, the letter and the joint.
    """
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Give `data.path` the table of joint angles.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' is not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise InputError(f"'{path}': expected a mapping of letters, got {type(raw).__name__}.")
    missing = [letter for letter in ascii_uppercase if letter not in raw]
    if missing:
        raise InputError(f"'{path}': letter '{missing[0]}' is missing ({len(missing)} in all). Give all of A to Z.")
    unknown = [name for name in raw if name not in ascii_uppercase]
    if unknown:
        raise InputError(f"'{path}': '{unknown[0]}' is no letter. Valid: A to Z.")
    return {name: _letter(f"'{path}': letter '{name}'", raw[name]) for name in ascii_uppercase}


def handshape(where: str, raw: Any) -> NDArray[np.float64]:
    """Returns joint angles in degrees, in the order of kinematic_hand.JOINTS, of {finger: {joint: angle}}.

    Raises: InputError naming the joint, with `where` before it.
    """
    fingers = _mapping(where, raw, tuple(LIMITS))
    return np.concatenate([_numbers(f"{where}, {part}", fingers.get(part, {}), LIMITS[part], part) for part in LIMITS])


def _letter(where: str, raw: Any) -> Letter:
    entry = _mapping(where, raw, (*_PARTS, "variants", "path"))
    variants = entry.get("variants", [])
    if not isinstance(variants, list):
        raise InputError(f"{where}: `variants` must be a list, got {variants!r}.")
    main = {part: entry[part] for part in _PARTS if part in entry}
    ways = {where: main}
    for i, variant in enumerate(variants, 1):
        way = f"{where}, variant {i}"
        ways[way] = {**main, **_mapping(way, variant, _PARTS)}
    angles = [handshape(at, {part: way[part] for part in LIMITS if part in way}) for at, way in ways.items()]
    wrist = [_numbers(f"{at}, hand", way.get("hand", {}), ORIENTATION, "hand") for at, way in ways.items()]
    return Letter(angles=np.stack(angles), wrist=np.stack(wrist), path=_path(where, entry.get("path")))


def _path(where: str, raw: Any) -> NDArray[np.float64]:
    if raw is None:
        return np.zeros((1, len(PATH)))
    if not isinstance(raw, list) or len(raw) < 2:
        raise InputError(f"{where}: `path` must be a list of at least two places, got {raw!r}.")
    rows = np.stack([_numbers(f"{where}, path {i}", row, PATH, "path") for i, row in enumerate(raw, 1)])
    if (np.diff(rows[:, 0]) <= 0).any():
        raise InputError(f"{where}: `at` must grow along the path, got {rows[:, 0].tolist()}.")
    return rows


def _numbers(where: str, raw: Any, limits: dict[str, tuple[float, float]], part: str) -> NDArray[np.float64]:
    values = _mapping(where, raw, tuple(limits))
    for name, (low, high) in limits.items():
        got = values.get(name, 0)
        joint = name if part in ("hand", "path") else f"{part}_{name}"
        if isinstance(got, bool) or not isinstance(got, int | float) or not low <= got <= high:
            raise InputError(f"{where}: joint '{joint}': expected {low:g} to {high:g}, got {got!r}.")
    return np.array([float(values.get(name, 0)) for name in limits])


def _mapping(where: str, raw: Any, valid: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise InputError(f"{where}: expected a mapping, got {raw!r}.")
    unknown = [key for key in raw if key not in valid]
    if unknown:
        raise InputError(f"{where}: unknown joint '{unknown[0]}'. Valid: {', '.join(valid)}.")
    return dict(raw)
