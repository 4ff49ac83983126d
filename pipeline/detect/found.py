"""What the detectors find in one picture, before anybody says whose left or right hand it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Hand:
    """One hand, whosever.

    points  [21, 3], as in Detected.values
    world   [21, 3], metres from the hand's own middle
    right   how probably it is a right one, as the detector says of this picture
    """

    points: NDArray[np.float32]
    world: NDArray[np.float32]
    right: float

    @property
    def confidence(self) -> float:
        """The confidence in the likelier side, the only one that the detector gives of a hand."""
        return max(self.right, 1 - self.right)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """One body: points and world [33, 3] as in Detected, visibility [33] from 0 to 1."""

    points: NDArray[np.float32]
    world: NDArray[np.float32]
    visibility: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """All that was found in one picture."""

    hands: tuple[Hand, ...] = ()
    pose: Pose | None = None
