"""Clips of one length as a model takes them, and the bounds that a request keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.samples import Samples, from_clips
from serving.bodies.takes import Floats, Takes


@dataclass(frozen=True, kw_only=True)
class Clips:
    """B clips of T rows: frames, steps, or a bitmap's only one.

    values   [B, T, …] as the form says: landmarks with NaN where not seen, grey values, a series' numbers
    columns  [B] of each, what else the form says of a clip: of landmarks aspect, fps, handedness
    """

    takes: Takes
    values: Floats
    columns: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def frames(self) -> int:
        return self.values.shape[1]

    def feeds(self) -> dict[str, Floats]:
        return {self.takes.name: self.values, **self.columns}

    def samples(self) -> Samples:
        """Returns the clips as the pipeline knows them, without labels."""
        count, form = range(len(self)), self.takes.form
        said: dict[str, Any] = dict(self.columns)
        return from_clips(
            form.rows(self.values).astype(form.dtype, copy=False),
            target=[0 for _ in count],
            group=["" for _ in count],
            ids=[str(i) for i in count],
            class_names=("",),
            form=form.name,
            **said,
        )


def joined(parts: Sequence[Clips]) -> Clips:
    """Returns clips of one length as one batch."""
    if len(parts) == 1:
        return parts[0]
    first, feeds = parts[0], [part.feeds() for part in parts]
    together = {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}
    return Clips(takes=first.takes, values=together.pop(first.takes.name), columns=together)


def checked(values: Floats, takes: Takes, **said: Floats | float | None) -> Clips:
    """Returns clips [B, T, …] with what is said of each; a single value stands for every clip.

    Raises: InputError for another shape, a number that the form has not, or a picture that cannot be.
    """
    held = takes.held(values)
    columns = {name: _each(said.get(name), name, len(held), UNKNOWN[name]) for name in takes.columns}
    for name, values_B in columns.items():
        possible, words = POSSIBLE[name]
        if not possible(values_B).all():
            raise InputError(f"{name}: expected {words}.")
    return Clips(takes=takes, values=held, columns=columns)


UNKNOWN = {"aspect": 1.0, "fps": np.nan, "handedness": np.nan}
POSSIBLE: dict[str, tuple[Callable[[Floats], Any], str]] = {
    "aspect": (lambda x: (x > 0) & np.isfinite(x), "picture width / height above 0"),
    "fps": (
        lambda x: np.isnan(x) | ((x > 0) & np.isfinite(x)),
        "frames per second above 0, or null where it is unknown",
    ),
    "handedness": (
        lambda x: np.isnan(x) | ((x >= 0) & (x <= 1)),
        "1 (right), 0 (left), or null where it is unknown",
    ),
}


def _each(value: Floats | float | None, name: str, count: int, unknown: float) -> Floats:
    if value is None:
        return np.full(count, unknown, np.float32)
    values = np.asarray(value, np.float32).reshape(-1)
    if len(values) not in (1, count):
        raise InputError(f"{name}: expected one number, or one for each of {count} clip(s), got {len(values)}.")
    return np.ascontiguousarray(np.broadcast_to(values, count))
