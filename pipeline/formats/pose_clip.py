"""One clip as a `.pose` file of MediaPipe Holistic's points, by their names; a hand by itself as that of its side.

Confidence is 1 where a point was seen, else 0. x and y are in pixels of a picture at least a thousand wide and high, so
that they come back within a rounding of float32, a ten-millionth of the picture; z stays a share of its width.
Source: https://github.com/sign-language-processing/pose; its own library writes them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.drawing import LEFT, POSE, RIGHT
from pipeline.formats.keeping import size
from pipeline.samples import Samples
from pipeline.skeleton import FINGERS, Skeleton, skeleton
from pipeline.sources.pose_files import COMPONENTS

COLORS = {"left_hand": LEFT, "right_hand": RIGHT, "pose": POSE}
PICTURE = 1000  # pixels of the shorter side, at least
EDITION = 0.2  # of the format


def write_clip(path: Path, samples: Samples, i: int) -> None:
    from pose_format import Pose
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    width, height = (max(1, round(side)) for side in _pixels(float(samples.aspect[i])))
    values = samples.clip(i)
    seen = np.asarray(~np.isnan(values).any(-1))
    pixels = (np.nan_to_num(values).astype(np.float64) * [width, height, 1])[:, None]
    fps = float(np.nan_to_num(samples.fps[i]))  # 0: unknown
    components = [
        PoseHeaderComponent(COMPONENTS[part], names, bones, [COLORS[part]] * len(bones), "XYZC")
        for part, names, bones in _components(samples, i)
    ]
    order = [c for part in _parts(samples, i).values() for c in part]
    body = NumPyPoseBody(fps, pixels[:, :, order].astype(np.float32), seen[:, None, order].astype(np.float32))
    with path.open("wb") as file:
        Pose(PoseHeader(EDITION, PoseHeaderDimensions(width, height, 0), components), body).write(file)


def _pixels(aspect: float) -> tuple[float, float]:
    width, height = size(aspect, least=PICTURE)
    if max(width, height) <= 65_535 and float(width).is_integer():
        return width, height
    return (aspect * PICTURE, PICTURE) if aspect >= 1 else (PICTURE, PICTURE / aspect)


def _parts(samples: Samples, i: int) -> dict[str, list[int]]:
    """Returns the components of a file: which part, and its columns in the store."""
    named = skeleton(samples.form)
    if samples.form == "hand":
        return {"left_hand" if samples.handedness[i] < 0.5 else "right_hand": named.part("hand")}
    return {part: named.part(part) for part in ("pose", "left_hand", "right_hand")}


def _components(samples: Samples, i: int) -> Iterator[tuple[str, list[str], list[tuple[int, int]]]]:
    """Yields each part, MediaPipe's names of its points, and its bones by their numbers."""
    named = skeleton(samples.form)
    for part, columns in _parts(samples, i).items():
        yield part, [theirs(named.points[c].removeprefix(f"{part}_")) for c in columns], _bones(named, columns)


def _bones(named: Skeleton, columns: list[int]) -> list[tuple[int, int]]:
    place = {column: number for number, column in enumerate(columns)}
    ends = [(named.index(a), named.index(b)) for a, b in named.edges]
    return [(place[a], place[b]) for a, b in ends if a in place and b in place]


def theirs(point: str) -> str:
    """MediaPipe's name of a point of ours: index_mcp is INDEX_FINGER_MCP."""
    finger, _, joint = point.partition("_")
    named = finger in FINGERS and joint and finger not in ("thumb", "pinky")
    return (f"{finger}_finger_{joint}" if named else point).upper()
