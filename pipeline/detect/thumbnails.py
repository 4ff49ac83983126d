"""Pictures of a clip for a person: one where no hand was found, one where a hand was, with what was seen drawn."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.detected import Detected
from pipeline.drawing import draw
from pipeline.params.data import Detection
from pipeline.skeleton import skeleton as skeleton_by_name

HEIGHT = 240  # pixels; what is drawn on a large picture would vanish when it is made small


def thumbnails(
    path: Path,
    detected: Detected,
    detection: Detection,
    *,
    picture: bool = False,
    start: float | None = None,
    end: float | None = None,
) -> list[NDArray[np.uint8]]:
    """Returns pictures [H, W, 3] of a clip, none of a file that can no longer be read."""
    from pipeline.detect.unreadable import UnreadableError

    wanted = telling_frames(detected.values, detection.points)
    try:
        shown = _frames(path, detection, wanted, picture, start, end)
    except UnreadableError:
        return []
    return [
        draw(detected.values[frame], detection.points, _small(rgb), handedness=detected.handedness)
        for frame, rgb in shown.items()
    ]


def telling_frames(values: NDArray[np.floating], skeleton: str) -> list[int]:
    """Returns the middle one of the frames [T, V, 3] that show no hand, and of those that do, in order."""
    named = skeleton_by_name(skeleton)
    columns = [column for hand in named.hands for column in named.part(hand)]
    seen = ~np.isnan(values[:, columns]).any(-1).all(-1)
    of_each = [np.flatnonzero(seen == with_hand) for with_hand in (False, True)]
    return sorted(int(frames[len(frames) // 2]) for frames in of_each if len(frames))


def _frames(
    path: Path, detection: Detection, wanted: list[int], picture: bool, start: float | None, end: float | None
) -> dict[int, NDArray[np.uint8]]:
    from pipeline.detect.reading import photograph, pictures

    if picture:
        return {0: photograph(path, detection).rgb}
    found: dict[int, NDArray[np.uint8]] = {}
    first = 0
    for shown in pictures(path, detection, start, end):
        found |= {frame: shown.rgb for frame in wanted if first <= frame < first + shown.rows}
        if len(found) == len(wanted):
            break
        first += shown.rows
    return found


def _small(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    image = Image.fromarray(rgb)
    image.thumbnail((4 * HEIGHT, HEIGHT))
    return np.asarray(image)
