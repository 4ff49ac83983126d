"""What a model takes: the form of its clips and the shape of a row, and numbers brought into that shape.

A clip goes by its form's own name (`landmarks`, `bitmap`, `series`), several of any form by `clips`. One row stands for
a clip of one: a hand [21, 3] for [1, 21, 3], a bitmap [28, 28] for [1, 28, 28]; and a list of numbers for a series of
one channel.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.form import Form, form

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Takes:
    """The form of a model's clips, and the shape of their rows."""

    form: Form
    row: tuple[int, ...]

    @classmethod
    def of(cls, contract: Contract) -> "Takes":
        return cls(form=form(contract.form), row=contract.shape)

    @property
    def name(self) -> str:
        """Names the input that has the values."""
        return self.form.values

    @property
    def columns(self) -> tuple[str, ...]:
        return self.form.columns

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Returns the shape of one clip as the model takes it; None: as many rows as the clip lasts."""
        return (None if self.form.lasts else 1, *self.width)

    @property
    def width(self) -> tuple[int, ...]:
        """Returns the shape of one row of a clip as the model takes it."""
        return self.row[: len(self.form.axes) - 2]

    @property
    def said(self) -> str:
        """Says the shape of a clip, as [frames, 21, 3]."""
        return "[" + ", ".join(LASTS[self.name] if size is None else str(size) for size in self.shape) + "]"

    @property
    def gap(self) -> str:
        """Says what may stand where a number is not known."""
        return "null for what was not seen" if self.form.has_points else "null for what is missing"

    @property
    def holds(self) -> str:
        """Says which numbers a clip has."""
        return "whole numbers 0 to 255" if self.whole else f"numbers, and {self.gap}"

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers, none of which may be missing."""
        return np.dtype(self.form.dtype).kind == "u"

    def made_up(self, rng: np.random.Generator, count: int, rows: int) -> Floats:
        """Returns clips [B, T, …] of chance, of several the last one with nothing in it."""
        shape = (count, *(rows if size is None else size for size in self.shape))
        values = np.rint(255 * rng.random(shape, np.float32)) if self.whole else rng.random(shape, np.float32)
        if count > 1:
            values[-1] = 0 if self.whole else np.nan
        return values

    def lasting(self, values: Floats) -> tuple[Floats, bool]:
        """Brings an array into clips [B, T, …], and says whether it was a single one.

        Of a form that does not last the axis T may be left out, and rows may lie flat, as Quick Draw's own files have
        them: [N, 784].
        """
        own = self.width
        if not self.form.lasts and values.shape[-1:] == (prod(self.row),) and values.ndim <= 2:
            values = values.reshape(*values.shape[:-1], *own)
        if self.form.lasts and own == (1,) and values.ndim == 1:
            values = values[:, None]
        whole = len(self.form.axes)
        if not self.form.lasts and values.shape[-len(own) :] == own and values.ndim in (whole - 2, whole - 1):
            return values.reshape(-1, 1, *own), values.ndim == whole - 2
        return values.reshape((1,) * (whole - values.ndim) + values.shape), values.ndim < whole

    def held(self, values: Floats) -> Floats:
        """Returns clips [B, T, …] that are as the form says.

        Raises: InputError for another shape, or numbers that it has not.
        """
        shape = self.shape
        wrong = values.ndim != len(shape) + 1 or 0 in values.shape
        if wrong or any(size not in (None, got) for size, got in zip(shape, values.shape[1:], strict=True)):
            raise InputError(f"{self.name}: expected [clips, {self.said[1:]}, got {list(values.shape)}.")
        if self.whole:
            return _whole(values, self.name)
        if np.isinf(values).any():
            raise InputError(f"{self.name}: expected finite numbers, got an infinite one. Send {self.gap}.")
        return np.ascontiguousarray(values, np.float32)


LASTS = {"landmarks": "frames", "series": "steps", "frames": "frames"}


def _whole(values: Floats, name: str) -> Floats:
    least, most = float(np.nanmin(values, initial=0)), float(np.nanmax(values, initial=0))
    if np.isnan(values).any() or least < 0 or most > 255:
        got = "one that is missing" if np.isnan(values).any() else f"{least if least < 0 else most:g}"
        raise InputError(f"{name}: expected grey values 0 (paper) to 255 (ink), got {got}.")
    return np.ascontiguousarray(np.rint(values), np.float32)  # as the log keeps them
