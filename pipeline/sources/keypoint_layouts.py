"""Which of a frame's numbers is which point: the layouts that keypoint arrays come in, by name or by their width.

A layout is a list of blocks, `part:coordinates`, in the order of the numbers; `data.layout` takes a name or a list:

    width  name             blocks
    1662   holistic         pose:xyzv skip:1404 left_hand:xyz right_hand:xyz     (1404: 468 face points)
     258   pose_hands       pose:xyzv left_hand:xyz right_hand:xyz
     225   pose_hands_xyz   pose:xyz left_hand:xyz right_hand:xyz
     225   hands_pose_xyz   left_hand:xyz right_hand:xyz pose:xyz                (the skeleton's order; by name only)
     170   pose_hands_170   pose:xy left_hand:xy right_hand:xy skip:20
     150   pose_hands_xy    pose:xy left_hand:xy right_hand:xy
     126   hands            left_hand:xyz right_hand:xyz

No one order of 170 numbers is common. This one reads the 75 points in two dimensions first and ignores 20 more, be they
ten face points or twenty angles; it says so in a warning, since another order would be misread without an error.

`v` is MediaPipe's visibility. It is read over: a joint that is out of the picture is guessed rather than missing, and
which joints to trust is the features' decision. Two-dimensional points get z = 0.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.skeleton import skeleton

NAMED = {
    "holistic": "pose:xyzv skip:1404 left_hand:xyz right_hand:xyz",
    "pose_hands": "pose:xyzv left_hand:xyz right_hand:xyz",
    "pose_hands_xyz": "pose:xyz left_hand:xyz right_hand:xyz",
    "hands_pose_xyz": "left_hand:xyz right_hand:xyz pose:xyz",
    "pose_hands_170": "pose:xy left_hand:xy right_hand:xy skip:20",
    "pose_hands_xy": "pose:xy left_hand:xy right_hand:xy",
    "hands": "left_hand:xyz right_hand:xyz",
}
BY_WIDTH = {
    1662: "holistic",
    258: "pose_hands",
    225: "pose_hands_xyz",
    170: "pose_hands_170",
    150: "pose_hands_xy",
    126: "hands",
}
COORDINATES = ("xy", "xyz", "xyv", "xyzv")
LARGEST = 10.0  # of x and y as shares of the picture; pixels are beyond it
HOLISTIC = skeleton("holistic")
COLUMNS = {part: HOLISTIC.part(part) for part in HOLISTIC.parts}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """A frame's numbers as blocks in order: a part's points with their coordinates, or numbers to skip."""

    name: str
    blocks: tuple[tuple[str, str], ...]

    @property
    def width(self) -> int:
        return sum(_size(*block) for block in self.blocks)


def layout(name: str, width: int, where: Path) -> Layout:
    """Returns the layout of frames of `width` numbers; `auto` goes by the width.

    Raises: InputError when nothing is known of the width, or the layout named has another.
    """
    if name == "auto" and width not in BY_WIDTH:
        raise InputError(
            f"'{where}': expected {_or(BY_WIDTH)} numbers a frame, got {width}. Say in data.layout what they "
            "are, as in 'pose:xyz left_hand:xyz right_hand:xyz skip:12'."
        )
    if name == "auto" and BY_WIDTH[width] == "pose_hands_170":
        said = "'%s': 170 numbers a frame are read as '%s'; if they are others, say which in data.layout."
        log.warning(said, where, NAMED["pose_hands_170"])
    chosen = _parsed(BY_WIDTH[width] if name == "auto" else name)
    if chosen.width != width:
        raise InputError(
            f"'{where}': expected {chosen.width} numbers a frame (data.layout '{name}'), got {width}. "
            "Correct data.layout, or leave it at auto."
        )
    return chosen


def points(frames: NDArray[np.floating], by: Layout, where: str) -> NDArray[np.float32]:
    """Returns frames [T, width] as points [T, 75, 3] of the skeleton `holistic`, NaN where one was not seen.

    A point is not seen where any of its coordinates is NaN, or all are zero: so are the points of a part that the
    detector did not find.
    """
    values = np.full((len(frames), len(HOLISTIC.points), 3), np.nan, np.float32)
    start = 0
    for part, coordinates in by.blocks:
        size = _size(part, coordinates)
        if part != "skip":
            block = frames[:, start : start + size].reshape(len(frames), -1, len(coordinates))
            found = np.zeros((*block.shape[:2], 3), np.float32)
            used = "xyz" if "z" in coordinates else "xy"
            found[..., : len(used)] = block[..., : len(used)]
            values[:, COLUMNS[part]] = found
        start += size
    hide_unseen(values)
    far = np.abs(values[..., :2]) > LARGEST
    if far.any():
        frame, point, _ = np.argwhere(far)[0]
        raise InputError(
            f"{where} frame {frame}, {HOLISTIC.points[point]}: expected x and y as shares of the picture, about 0 to "
            f"1, got {values[frame, point, 0]:g}, {values[frame, point, 1]:g}. These look like pixels: divide x and z "
            "by the picture's width and y by its height; or correct data.layout."
        )
    return values


def hide_unseen(values: NDArray[np.float32]) -> None:
    """Sets points NaN, in place, that are zero throughout or NaN anywhere."""
    values[(values == 0).all(-1) | np.isnan(values).any(-1)] = np.nan


def _parsed(name: str) -> Layout:
    blocks = [tuple(word.split(":")) for word in NAMED.get(name, name).split()]
    if not blocks or not all(_known(*block) if len(block) == 2 else False for block in blocks):
        raise InputError(
            f"data.layout: unknown layout '{name}'. Valid: auto, {', '.join(NAMED)}, or blocks in order as in "
            f"'pose:xyz left_hand:xy skip:12' with the parts {', '.join(COLUMNS)} and the coordinates "
            f"{', '.join(COORDINATES)}."
        )
    return Layout(name, tuple((part, coordinates) for part, coordinates in blocks))


def _known(part: str, coordinates: str) -> bool:
    return coordinates.isdigit() if part == "skip" else part in COLUMNS and coordinates in COORDINATES


def _size(part: str, coordinates: str) -> int:
    return int(coordinates) if part == "skip" else len(COLUMNS[part]) * len(coordinates)


def _or(widths: dict[int, str]) -> str:
    *most, last = map(str, widths)
    return f"{', '.join(most)} or {last}"
