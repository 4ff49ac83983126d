"""Pictures for recordings of which only the decoding matters."""

import numpy as np
from numpy.typing import NDArray


def noise(frames: int, height: int = 64, width: int = 64) -> list[NDArray[np.uint8]]:
    """Returns pictures that no encoder makes small, so that a share of a file is a share of its frames."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(frames)]


def greys(frames: int) -> list[NDArray[np.uint8]]:
    """Returns plain pictures [32, 32, 3], each brighter than the one before: picture i has about 20 + 4 i."""
    return [np.full((32, 32, 3), 20 + 4 * number, np.uint8) for number in range(frames)]
