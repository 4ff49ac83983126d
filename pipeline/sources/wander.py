"""Slow smooth noise over time: how a person who means to hold still moves, and how a detector's luck comes and goes."""

import numpy as np
from jaxtyping import Float, Int

NUM_WAVES = 3
HERTZ = (0.1, 1.2)


def wander(
    rng: np.random.Generator,
    clip: Int[np.ndarray, "R"],
    seconds: Float[np.ndarray, "R"],
    shape: tuple[int, ...],
) -> Float[np.ndarray, "R *shape"]:
    """Returns noise of about unit variance for rows of clips end to end: a few slow waves for each clip and number.

    `clip` numbers the clips from 0, and its last entry is the last of them.
    """
    drawn = (NUM_WAVES, int(clip[-1]) + 1, *shape)
    hertz = rng.uniform(2 * np.pi * HERTZ[0], 2 * np.pi * HERTZ[1], size=drawn).astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, size=drawn).astype(np.float32)
    height = (np.sqrt(2 / NUM_WAVES) * rng.standard_normal(drawn)).astype(np.float32)
    time = seconds.astype(np.float32).reshape(-1, *(1 for _ in shape))
    total = np.zeros((len(clip), *shape), np.float32)
    for wave in range(NUM_WAVES):
        angle = hertz[wave][clip]
        angle *= time
        angle += phase[wave][clip]
        total += height[wave][clip] * np.sin(angle, out=angle)
    return total
