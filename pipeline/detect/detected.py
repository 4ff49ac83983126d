"""What detectors find in one clip, and what a file may be instead of a clip."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal[
    "missing",  # no such file, or it vanished
    "forbidden",  # not ours to read
    "empty",  # zero bytes
    "corrupt",  # it breaks off before the first frame, or too many of its frames cannot be decoded
    "truncated",  # it breaks off after some frames
    "no video",  # audio alone, another kind of file, a codec that no decoder knows, a folder
    "no frames",  # a container without any, or none between start and end
    "too large",  # pixels of a frame, or frames of a clip, above the limits
    "too short",  # frames that show anything below `min_seen`
    "nothing seen",  # no hand (or pose) in any frame
    "crashed",  # the detector took its process with it
    "timed out",
    "out of memory",
    "disk full",
]


@dataclass(frozen=True, kw_only=True)
class Detected:
    """One clip of T frames, V points and P parts of its skeleton; NaN where nothing was seen.

    values      [T, V, 3] float32, as MediaPipe normalises them: x and z by picture width, y by picture height
    world       [T, V, 3] float32, metres: a hand's from its own middle, the pose's from the middle of the hips
    confidence  [T, P] float32, of each part in the skeleton's order: a hand's is that of its side, the pose's the mean
                visibility of its points
    fps         frames per second of what is kept, NaN unknown (one picture)
    aspect      picture width / height, after the file's own rotation
    handedness  1 right, 0 left, NaN unknown; of the clip, for one hand alone
    """

    values: NDArray[np.float32]
    world: NDArray[np.float32]
    confidence: NDArray[np.float32]
    fps: float
    aspect: float
    handedness: float = float("nan")


@dataclass(frozen=True)
class Failure:
    """Why a file gave no clip: a line for a person, and its kind for counting."""

    kind: Kind
    reason: str
