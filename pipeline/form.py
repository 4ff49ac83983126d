"""What a sample is made of: the points of a hand or of a whole body, a bitmap, a series.

A store keeps every form alike, as rows of values [V, C]: a clip has a row a frame, a series a row a step, a bitmap is
one row. What only one form has (a picture's aspect, a skeleton) is asked of it by name, everything else of `Form`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.skeleton import skeleton


@dataclass(frozen=True, kw_only=True)
class Form:
    """One kind of sample.

    row      shape of a row of values; None where the data decide
    inputs   of model.onnx, the values first; the others are columns of the store
    axes     of those values, one by one; each row of a sample is along T
    lasts    whether a sample has as many rows as it lasts; else it has one
    dtype    of the values in a store
    words    names what a row is, for errors
    nothing  the answer to a sample in which nothing is there to see
    blank    says of samples that nothing is there to see
    """

    name: str
    row: tuple[int | None, ...]
    inputs: tuple[str, ...]
    axes: tuple[str, ...]
    lasts: bool
    dtype: str = "float32"
    words: str
    nothing: str
    blank: str

    @property
    def values(self) -> str:
        """Names the input that has the values."""
        return self.inputs[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names the inputs that are columns of the store."""
        return self.inputs[1:]

    @property
    def has_points(self) -> bool:
        """Whether a row is the points of a skeleton of the same name."""
        return self.values == "landmarks"

    def feed(self, values_BTVC: NDArray[Any]) -> NDArray[np.float32]:
        """Returns stored rows of samples as model.onnx takes them."""
        feed = values_BTVC.astype(np.float32, copy=False)
        return feed[..., 0] if len(self.axes) == 3 else feed

    def rows(self, feed: NDArray[Any]) -> NDArray[Any]:
        """Returns what model.onnx takes as rows of a store, `feed` undone."""
        return feed[..., None] if len(self.axes) == 3 else feed

    def fits(self, row: tuple[int, ...]) -> bool:
        """Whether rows of this shape are of the form."""
        return len(row) == len(self.row) and all(own in (None, size) for own, size in zip(self.row, row, strict=True))


def _of_points(name: str, words: str) -> Form:
    return Form(
        name=name,
        row=(len(skeleton(name).points), 3),
        inputs=("landmarks", "aspect", "fps", "handedness"),
        axes=("B", "T", "V", "C"),
        lasts=True,
        words=words,
        nothing="no hand",
        blank="show no hand",
    )


FORMS = {
    form.name: form
    for form in (
        _of_points("hand", "21 points × 3 coordinates"),
        _of_points("holistic", "75 points × 3 coordinates"),
        Form(
            name="bitmap",
            row=(None, None),
            inputs=("bitmap",),
            axes=("B", "T", "H", "W"),
            lasts=False,
            dtype="uint8",
            words="height × width grey values, 0 paper to 255 ink",
            nothing="nothing drawn",
            blank="have nothing drawn",
        ),
        Form(
            name="series",
            row=(None, 1),
            inputs=("series",),
            axes=("B", "T", "F"),
            lasts=True,
            words="one number a channel",
            nothing="no values",
            blank="have no values",
        ),
    )
}


def form(name: str) -> Form:
    """Returns a form by its name.

    Raises: InputError with the valid names.
    """
    if name not in FORMS:
        raise InputError(f"unknown form '{name}'. Valid: {', '.join(FORMS)}.")
    return FORMS[name]
