"""Figures of one hand.

Lengths are undone of the picture's aspect and measured in picture heights, or in hand lengths (wrist → middle MCP with
depth, so that a hand that tilts towards the camera does not shrink); a clip's figure is the mean over its frames.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.summary import rows

HAND = skeleton("hand")
WRIST, KNUCKLE = HAND.indices("wrist", "middle_mcp")
TIPS = HAND.indices("thumb_tip", "index_tip", "middle_tip", "ring_tip", "pinky_tip")
SIDE = np.array(["unknown", "left", "right"])


def figures(samples: Samples) -> dict[str, NDArray[Any]]:
    """Returns, for each clip:

    seen_share           share of frames in which any point was seen
    point_missing_share  share of points not seen, in the frames that show a hand
    num_frames           frames
    fps                  frames per second
    aspect               picture width / height
    handedness           'right', 'left' or 'unknown'
    hand_size            wrist → middle MCP, in picture heights
    centre_x, centre_y   mean of the seen points, in picture widths and heights from the upper left corner
    speed                mean way of a point, in hand lengths per second, per frame where fps is unknown
    jitter               mean change of that way from frame to frame (second difference), in hand lengths
    spread               mean distance of neighbouring finger tips, in hand lengths
    tilt_deg             wrist → middle MCP in the picture, degrees clockwise from upright, −180 to 180
    depth_range          nearest to farthest seen point, in hand lengths
    """
    mean = rows.per_clip(_of_frames(samples), samples)
    unit = np.where(mean["length"] > 0, mean["length"], np.nan)
    return {
        "seen_share": mean["seen"],
        "point_missing_share": mean["missing"],
        "num_frames": samples.lengths,
        "fps": samples.fps.astype(np.float64),
        "aspect": samples.aspect.astype(np.float64),
        "handedness": SIDE[np.where(samples.handedness == 1, 2, samples.handedness == 0)],
        "hand_size": unit,
        "centre_x": mean["x"] / samples.aspect,
        "centre_y": mean["y"],
        "speed": mean["moved"] / unit * rows.per_second(samples),
        "jitter": mean["turned"] / unit,
        "spread": mean["apart"] / unit,
        "tilt_deg": np.degrees(np.arctan2(mean["right"], mean["up"])),
        "depth_range": mean["depth"] / unit,
    }


def _of_frames(samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Returns what is averaged over a clip's frames, lengths in picture heights."""
    missing = rows.missing(samples)
    num_missing = missing.sum(1)
    visible = num_missing < missing.shape[1]
    x, y, z = places = [rows.in_picture_heights(samples, missing, slice(None), axis) for axis in range(3)]
    bone = [place[:, KNUCKLE] - place[:, WRIST] for place in places]
    moved = [rows.change(place, samples) for place in places]
    turned = [rows.change(way, samples) for way in moved]
    tips = [np.diff(place[:, TIPS], axis=1) for place in places]
    return {
        "seen": visible.astype(np.float64),
        "missing": np.where(visible, num_missing / missing.shape[1], np.nan),
        "length": rows.length(*bone),
        "x": rows.over_points(x),
        "y": rows.over_points(y),
        "moved": rows.over_points(rows.length(*moved)),
        "turned": rows.over_points(rows.length(*turned)),
        "apart": rows.over_points(rows.length(*tips)),
        "right": bone[rows.X],
        "up": -bone[rows.Y],
        "depth": np.fmax.reduce(z, axis=1) - np.fmin.reduce(z, axis=1),
    }
