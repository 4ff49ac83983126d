"""What all formats share: what a file may leave unsaid, and what a format may be unable to hold."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.samples import Samples

LARGEST = 10.0  # of a coordinate, as in pipeline/sources: what lies beyond is read as pixels, and refused


@dataclass(frozen=True)
class Otherwise:
    """What is taken where a file does not say it."""

    aspect: float = 4 / 3
    fps: float = float("nan")
    layout: str = "auto"  # of keypoint arrays, pipeline/sources/keypoint_layouts.py

    def __post_init__(self) -> None:
        for name, most in (("aspect", 10), ("fps", 1000)):
            if (value := getattr(self, name)) <= 0 or value > most:  # NaN, unknown, is neither
                raise InputError(f"{name}: expected a number above 0 and up to {most}, got {value:g}. Give another.")


def labels(samples: Samples) -> list[str]:
    """Returns the class name of each clip."""
    return [samples.class_names[k] for k in samples.target]


def unsaid(samples: Samples) -> list[str]:
    """Returns what no format but our own store and arrays has a place for, where there is any of it."""
    found = ["provenance"] if samples.provenance else []
    return found + [f"the further values '{name}'" for name in sorted(samples.rows)]


def unordered(samples: Samples) -> list[str]:
    """Says so where class names cannot be had back from the labels alone, sorted."""
    occurring = set(labels(samples))
    absent = [name for name in samples.class_names if name not in occurring]
    if absent:
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        return [f"classes without a clip ({', '.join(absent[:3])}{more})"]
    return [] if list(samples.class_names) == sorted(occurring) else ["the order of the class names"]


def refuse_far(samples: Samples, what: str) -> None:
    """Refuses coordinates that are no shares of the picture, since nobody could read them back."""
    far = (np.abs(np.nan_to_num(samples.values)) > LARGEST).any((1, 2))
    if far.any():
        row = int(np.argmax(far))
        clip = samples.id[int(np.searchsorted(samples.offsets, row, side="right")) - 1]
        got = np.nanmax(np.abs(samples.values[row]))
        raise InputError(
            f"clip '{clip}': expected coordinates as shares of the picture, about 0 to 1, got {got:g}; {what} would "
            "read it as pixels. Convert to .npz, or extract the clip again."
        )


def size(aspect: float, *, least: int = 1) -> tuple[float, float]:
    """Returns a width and height, at least `least`, of which the aspect is the float32 quotient.

    Whole numbers wherever any below 65,536 give it: 4:3 stays 4:3.
    """
    ratio = Fraction(float(aspect)).limit_denominator(65_535)
    for bound in (100, 1_000, 10_000):
        near = Fraction(float(aspect)).limit_denominator(bound)
        if np.float32(near) == np.float32(aspect):
            ratio = near
            break
    if not 0 < ratio.numerator <= 65_535 or np.float32(ratio) != np.float32(aspect):
        return float(aspect), 1.0
    times = max(1, min(-(-least // min(ratio.numerator, ratio.denominator)), 65_535 // max(ratio.as_integer_ratio())))
    return ratio.numerator * times, ratio.denominator * times


def each_frame(samples: Samples, values: NDArray) -> NDArray:
    """Repeats what is said of a clip for each of its frames."""
    return np.repeat(values, samples.lengths)
