"""JSON's lists of lists to the values of a clip, by its form; null stands for a number, a point, or a whole row."""

from typing import Any

from pipeline.errors import InputError
from serving.bodies.numbers import floats, nested
from serving.bodies.takes import Floats, Takes


def values(value: Any, where: str, takes: Takes) -> Floats:
    """Reads one row of a clip or several; a list of numbers is a series of one channel.

    Raises: InputError for another shape, or what is no number.
    """
    wrong = f"{where}: expected {takes.said} of {takes.holds}"
    if not isinstance(value, list) or not value:
        raise InputError(f"{wrong}.")
    row = takes.width
    if row == (1,) and not any(isinstance(each, list) for each in value):
        value = [[each] for each in value]
    rows = [value] if _is_row(value, row) else value
    shape = (len(rows), *row)
    try:
        try:
            numbers = nested(rows, shape)
        except InputError:
            numbers = nested(_filled(rows, shape), shape)
        return floats(numbers).reshape(shape)
    except InputError:
        raise InputError(f"{wrong}, got lists of {_shape(value)}.") from None


def _is_row(value: list[Any], row: tuple[int, ...]) -> bool:
    """Whether lists are one row of a clip, and not several."""
    return len(row) == 2 and len(value) == row[0] and all(_are_numbers(each, row[1]) for each in value)


def _are_numbers(value: Any, count: int) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and len(value) == count and not any(isinstance(each, list) for each in value)


def _filled(value: Any, shape: tuple[int, ...]) -> Any:
    """Returns lists with as many nulls as the shape has where a whole list is null."""
    if not shape:
        return value
    if value is None or value == []:
        return [_filled(None, shape[1:])] * shape[0]
    return [_filled(each, shape[1:]) for each in value] if isinstance(value, list) else value


def _shape(value: Any) -> list[int]:
    """Returns how long lists are, along the first of each."""
    found: list[int] = []
    while isinstance(value, list) and value and len(found) < 8:
        found.append(len(value))
        value = value[0]
    return found
