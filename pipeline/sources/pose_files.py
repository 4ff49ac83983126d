"""`.pose` files of MediaPipe Holistic, label/clip.pose: points by name, pixels brought back to shares of the picture.

Frame rate and picture come from the file. A point of confidence 0 is not seen; above it, it is, however small.
Source: https://github.com/sign-language-processing/pose; its own library reads them.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.skeleton import FINGERS, skeleton
from pipeline.sources.keypoint_layouts import LARGEST, hide_unseen
from pipeline.sources.label_folders import named
from pipeline.sources.recording import Clip, Recording, in_order

HOLISTIC = skeleton("holistic")
COMPONENTS = {name: f"{name}_landmarks".upper() for name in HOLISTIC.parts}


def find(path: Path, data: LandmarkClips) -> list[Recording]:
    """Finds the .pose files of a folder, or the one at `path`.

    Raises: InputError when the library is not installed.
    """
    entries = [path] if path.is_file() else in_order(path.rglob("[!.]*.pose"))
    if not entries:
        raise InputError(f"'{path}' holds no .pose file. Expected LABEL/CLIP.pose under it.")
    return named(path, entries, data, read_clip)


def read_clip(file: Path) -> Clip:
    """Reads one file.

    Raises: InputError naming the file when it is cut off, or not of one person's holistic landmarks.
    """
    pose = _opened(file)
    body, header = pose.body, pose.header
    data = np.where(np.ma.getmaskarray(body.data), np.nan, np.ma.getdata(body.data)).astype(np.float32)
    if data.ndim != 4 or len(data) == 0 or data.shape[1] != 1:
        raise InputError(
            f"'{file}': expected one person in at least one frame, got [frames, people] {list(data.shape[:2])}. "
            "Cut each person into a file of their own."
        )
    width, height = header.dimensions.width, header.dimensions.height
    if width <= 0 or height <= 0:
        raise InputError(f"'{file}': expected the picture's size in pixels, got {width} × {height}. Extract it again.")
    values = _by_name(data[:, 0], header, file)
    values[..., 0] /= width
    values[..., 1] /= height
    if np.abs(np.nan_to_num(values[..., 2])).max() > LARGEST:
        values[..., 2] /= width  # MediaPipe's z is on x's scale; some tools store it in pixels as they do x
    return Clip(values, fps=float(body.fps) or float("nan"), aspect=width / height)


def parts(file: Path) -> set[str]:
    """Returns the parts of the skeleton that a file has, seen or not."""
    names = {component: part for part, component in COMPONENTS.items()}
    return {names[component.name] for component in _opened(file).header.components if component.name in names}


def _opened(file: Path) -> Any:
    from pose_format import Pose

    try:
        return Pose.read(file.read_bytes())
    except FileNotFoundError:
        raise InputError(f"'{file}' does not exist. Copy it there, or take it out of the list of clips.") from None
    except (struct.error, ValueError, TypeError, IndexError, OSError, NotImplementedError, ZeroDivisionError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"'{file}' is not a whole .pose file: {why}. Copy or extract it again.") from None


def _by_name(data: NDArray[np.float32], header: Any, file: Path) -> NDArray[np.float32]:
    """Returns the 75 points of the skeleton, NaN where the file has no point of the name."""
    values = np.full((len(data), len(HOLISTIC.points), 3), np.nan, np.float32)
    start, found = 0, {component.name: component for component in header.components}
    if not set(COMPONENTS.values()) & set(found):
        raise InputError(
            f"'{file}': expected {', '.join(COMPONENTS.values())}, got {', '.join(found) or 'no component'}. Only "
            "MediaPipe Holistic's points are read: estimate the pose with it."
        )
    names = {component: part for part, component in COMPONENTS.items()}
    used = min(3, data.shape[-1])
    for component in header.components:
        part = names.get(component.name)
        for number, point in enumerate(component.points):
            ours = f"{part}_{_plain(point)}"
            if part and ours in HOLISTIC.points:
                values[:, HOLISTIC.index(ours), :used] = data[:, start + number, :used]
        start += len(component.points)
    if used == 2:
        values[..., 2] = np.where(np.isnan(values[..., 0]), np.nan, 0)
    hide_unseen(values)
    return values


def _plain(point: str) -> str:
    """MediaPipe's name of a point as the skeleton has it: INDEX_FINGER_MCP is index_mcp."""
    name = point.lower()
    finger, _, joint = name.partition("_finger_")
    return f"{finger}_{joint}" if finger in FINGERS and joint else name
