"""Lists of JSON to arrays of numbers: null is NaN, and nothing else passes for a number."""

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from pipeline.errors import InputError
from serving.bodies.takes import Floats

NUMBERS = {int, float, bool, type(None)}


def floats(values: list[Any]) -> Floats:
    """Returns a flat list as an array.

    Raises: InputError for what is neither a number nor null.
    """
    try:
        return np.frombuffer(array("f", values), np.float32)  # quick, and takes numbers alone
    except (TypeError, OverflowError):
        pass
    if wrong := set(map(type, values)) - NUMBERS:  # NumPy would take '1.5' for a number
        names = ", ".join(sorted(kind.__name__ for kind in wrong))
        raise InputError(f"expected numbers, and null for what is missing, got {names}.")
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
            return np.array(values, np.float32)
    except OverflowError:
        raise InputError("expected numbers, got one that is larger than any float.") from None


def nested(value: list[Any], shape: Sequence[int]) -> list[Any]:
    """Returns the numbers of lists of lists, end to end.

    Raises: InputError where a list is not as long as the shape says.
    """
    rows = [value]
    for size in shape:
        if set(map(type, rows)) != {list} or set(map(len, rows)) != {size}:
            raise InputError(f"expected lists of the shape {list(shape)}.")
        rows = list(chain.from_iterable(rows))
    return rows
