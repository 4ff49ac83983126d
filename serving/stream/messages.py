"""What a client says on a stream, read and bounded; docs/streaming.md shows each message.

JSON texts: start, frame, picture, reset, end. Binary ones are frames: the time as a float64 and V × 3 coordinates as
float32, little endian, NaN where not seen.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
import orjson

from pipeline.errors import InputError
from pipeline.spelling import Rules, WordList
from serving.bodies.reading import SIDES
from serving.bodies.takes import Floats

FARTHEST = 1e4  # picture sizes: what is farther off was not seen by any camera
MAX_WORDS, MAX_LETTERS = 10_000, 64
MAX_SPELL_S = 3600.0
TIME = np.dtype("<f8")
POINT = np.dtype("<f4")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is known of the camera: fps is what it is set to, for as long as nothing was measured; NaN unknown."""

    aspect: float = 1.0
    fps: float = math.nan
    handedness: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Start:
    """How a stream is to be answered.

    top       classes that an answer names
    rules     of spelling; words: of autocorrect, None the English ones that come along
    every_ms  at least so much of the signer's time between two answers; None: as the model is made
    window_s  that a model without a memory looks at; None: as the model is made
    version   None: whoever is in Production, also after a promotion
    client    a name that canaries and erasure go by
    store     whether the landmarks of what is committed are kept
    """

    picture: Picture = field(default_factory=Picture)
    top: int = 3
    rules: Rules = field(default_factory=Rules)
    words: WordList | None = None
    every_ms: float | None = None
    window_s: float | None = None
    version: int | None = None
    client: str = ""
    store: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Landmarks [V, 3], NaN where not seen, at a time of the signer's own clock."""

    time_s: float
    values: Floats


Command = Literal["reset", "end"]
Message = Start | Frame | Picture | Command


def read(content: bytes | str, points: int) -> Message:
    """Reads one message of a stream whose frames have so many points.

    Raises: InputError that says what to send instead.
    """
    if isinstance(content, bytes):
        return _binary(content, points)
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the message is no JSON: {error}.") from None
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in READERS:
        raise InputError(f'expected a JSON object whose "type" is one of {", ".join(READERS)}.')
    return READERS[kind](said, points)


def _binary(content: bytes, points: int) -> Frame:
    expected = TIME.itemsize + points * 3 * POINT.itemsize
    if len(content) != expected:
        raise InputError(
            f"a binary frame has {expected} bytes: the time as float64, {points} × 3 coordinates as float32; "
            f"got {len(content)}."
        )
    (time_s,) = np.frombuffer(content, TIME, count=1).tolist()
    values = np.frombuffer(content, POINT, offset=TIME.itemsize).reshape(points, 3).astype(np.float32)
    return Frame(_time(time_s), _held(values))


def _frame(said: dict[str, Any], points: int) -> Frame:
    _known(said, "t", "landmarks")
    return Frame(_time(said.get("t")), _held(_landmarks(said.get("landmarks"), points)))


def _time(value: Any) -> float:
    return _number(value, "t", low=0, high=1e12)


def _landmarks(value: Any, points: int) -> Floats:
    """Reads [V, 3]; null stands for a frame, a point or a number that was not seen."""
    wrong = InputError(f"landmarks: expected {points} points [x, y, z], and null for what was not seen.")
    if value is None:
        return np.full((points, 3), np.nan, np.float32)
    if not isinstance(value, list) or len(value) != points:
        raise wrong
    try:
        with np.errstate(over="ignore"):  # what becomes infinite is refused
            array = np.array([(None, None, None) if point is None else point for point in value], np.float32)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if array.shape != (points, 3):
        raise wrong
    return array


def _held(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        if (np.abs(values) > FARTHEST).any():
            raise InputError(f"landmarks: expected shares of the picture, up to {FARTHEST:g}; null where not seen.")
    return values


def _picture(said: dict[str, Any], points: int = 0) -> Picture:
    _known(said, "aspect", "fps", "handedness")
    side = said.get("handedness")
    if isinstance(side, str) and side.lower() not in SIDES:
        raise InputError("handedness: expected 'right', 'left', a number from 0 to 1, or null where it is unknown.")
    given = {
        "aspect": _given(said.get("aspect"), "aspect", low=0.01, high=100),
        "fps": _given(said.get("fps"), "fps", low=0.01, high=10_000),
        "handedness": SIDES[side.lower()] if isinstance(side, str) else _given(side, "handedness", low=0, high=1),
    }
    return Picture(**{name: value for name, value in given.items() if value is not None})


def _start(said: dict[str, Any], points: int) -> Start:
    names = ("aspect", "fps", "handedness", "top", "spell", "words", "every_ms", "window_s", "version", "client")
    _known(said, *names, "store")
    version, client, store = said.get("version"), said.get("client") or "", said.get("store") or False
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or not 1 <= version < 2**31):
        raise InputError("version: expected the number of a version; leave it out for the one in Production.")
    if not isinstance(client, str) or len(client) > 256:
        raise InputError("client: expected a text of up to 256 characters.")
    if not isinstance(store, bool):
        raise InputError("store: expected true, to keep the landmarks of what is committed, or false.")
    return Start(
        picture=_picture({name: said.get(name) for name in ("aspect", "fps", "handedness")}),
        top=round(_given(said.get("top"), "top", low=1, high=1000) or 3),
        rules=_rules(said.get("spell")),
        words=_words(said.get("words")),
        every_ms=_given(said.get("every_ms"), "every_ms", low=0, high=500),
        window_s=_given(said.get("window_s"), "window_s", low=0.05, high=10),
        version=version,
        client=client,
        store=store,
    )


def _rules(value: Any) -> Rules:
    """Reads rules of spelling; null is never, where a rule may be infinite."""
    if value is None:
        return Rules()
    if not isinstance(value, dict):
        raise InputError("spell: expected an object of rules.")
    known = [rule.name for rule in fields(Rules)]
    if unknown := [name for name in value if name not in known]:
        raise InputError(f"spell: unknown rule '{unknown[0][:40]}'. Known: {', '.join(known)}.")
    never = ("repeat_s", "pause_s")
    given = {
        name: math.inf if number is None and name in never else _number(number, f"spell.{name}", high=MAX_SPELL_S)
        for name, number in value.items()
    }
    return Rules(**given)


def _words(value: Any) -> WordList | None:
    if value is None:
        return None
    wrong = f"words: expected up to {MAX_WORDS} words of up to {MAX_LETTERS} letters, the common ones first."
    if not isinstance(value, list) or not 0 < len(value) <= MAX_WORDS:
        raise InputError(wrong)
    if not all(isinstance(word, str) and 0 < len(word) <= MAX_LETTERS for word in value):
        raise InputError(wrong)
    return WordList(tuple(dict.fromkeys(word.lower() for word in value)))


def _given(value: Any, name: str, *, low: float, high: float) -> float | None:
    return None if value is None else _number(value, name, low=low, high=high)


def _number(value: Any, name: str, *, low: float = -math.inf, high: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        bounds = f" from {low:g} to {high:g}" if math.isfinite(low) else f" up to {high:g}"
        raise InputError(f"{name}: expected a number{bounds}.")
    return float(value)


def _known(said: dict[str, Any], *names: str) -> None:
    if unknown := [name for name in said if name not in (*names, "type")]:
        raise InputError(f"unknown field '{unknown[0][:40]}'. Known: {', '.join(names) or 'none but type'}.")


def _command(command: Command) -> Callable[[dict[str, Any], int], Command]:
    def command_read(said: dict[str, Any], points: int) -> Command:
        _known(said)
        return command

    return command_read


READERS: dict[str, Callable[[dict[str, Any], int], Message]] = {
    "start": _start,
    "frame": _frame,
    "picture": _picture,
    "reset": _command("reset"),
    "end": _command("end"),
}
