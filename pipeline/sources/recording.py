"""A clip that a source has found and not yet read: which to keep is decided before any landmark is loaded."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Clip:
    """What a file holds of one clip; NaN where it does not say."""

    values: NDArray[np.float32]  # [T, 75, 3]
    fps: float = float("nan")
    aspect: float = float("nan")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One clip by name; `load` reads it."""

    id: str
    label: str  # empty: none
    group: str
    load: Callable[[], Clip]


def session(number: str, block: int, where: str) -> str:
    """Names the recording session of a clip by its number: `block` consecutive ones are one session.

    Raises: InputError when the number is none.
    """
    if not NUMBER.fullmatch(number):
        raise InputError(
            f"{where}: data.seq_block counts clips, expected a number, got '{number}'. Number the clips of a label in "
            "the order of their recording, or set data.seq_block to null."
        )
    return f"block_{int(number) // block:02d}"


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sorts paths as a person counts: 2 before 10, folder by folder."""

    def key(path: Path) -> list[list[tuple[int, str]]]:
        return [
            [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", part)]
            for part in path.parts
        ]

    return sorted(paths, key=key)
