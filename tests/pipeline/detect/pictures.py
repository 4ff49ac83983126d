"""Pictures for recordings of which only the decoding matters, and what is read of a recording."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.detected import Failure
from pipeline.detect.reading import Picture, pictures
from pipeline.detect.unreadable import UnreadableError
from pipeline.params.data import Detection


def noise(frames: int, height: int = 64, width: int = 64) -> list[NDArray[np.uint8]]:
    """Returns pictures that no encoder makes small, so that a share of a file is a share of its frames."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(frames)]


def greys(frames: int) -> list[NDArray[np.uint8]]:
    """Returns plain pictures [32, 32, 3], each brighter than the one before: picture i has about 20 + 4 i."""
    return [np.full((32, 32, 3), 20 + 4 * number, np.uint8) for number in range(frames)]


def shown(path: Path, start: float | None = None, end: float | None = None, **options) -> list[Picture]:
    return list(pictures(path, Detection(**options), start, end))


def failure(path: Path, start: float | None = None, end: float | None = None, **options) -> Failure:
    with pytest.raises(UnreadableError) as caught:
        shown(path, start, end, **options)
    assert caught.value.failure.reason == str(caught.value)
    return caught.value.failure


def numbers(found: list[Picture]) -> list[int]:
    """Returns which of `greys` each picture is."""
    return [round((float(picture.rgb.mean()) - 20) / 4) for picture in found]
