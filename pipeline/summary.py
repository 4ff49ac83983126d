"""A dozen figures about a clip that a person understands: what drift reports compare.

Lengths are undone of the picture's aspect and measured in picture heights, or in hand lengths (wrist → middle MCP with
depth, so that a hand that tilts towards the camera does not shrink); a clip's figure is the mean over its frames.
"""

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.samples import Samples
from pipeline.skeleton import skeleton

TIPS = ("thumb_tip", "index_tip", "middle_tip", "ring_tip", "pinky_tip")


def summarise(samples: Samples) -> pd.DataFrame:
    """Returns one row a clip, in stored order; NaN where a clip does not let it be measured.

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
    place = skeleton(samples.skeleton)
    starts = samples.offsets[:-1]
    clip_of_row = np.repeat(np.arange(len(samples)), samples.lengths)
    seen = samples.seen
    visible = seen.any(-1)
    values = np.where(seen[..., None], samples.values, np.nan).astype(np.float64)
    points = values * _units(samples)[clip_of_row][:, None, :]
    bone = points[:, place.index("middle_mcp")] - points[:, place.index("wrist")]
    hand_size = _per_clip(np.linalg.norm(bone, axis=-1), starts)
    hand_size = np.where(hand_size > 0, hand_size, np.nan)
    moved = _change(points, clip_of_row)
    tips = points[:, place.indices(*TIPS)]
    centre = _mean(values, axis=1)
    towards = [_per_clip(side, starts) for side in (bone[:, 0], -bone[:, 1])]
    depth = np.where(seen, points[..., 2], np.inf).min(-1), np.where(seen, points[..., 2], -np.inf).max(-1)
    per_second = np.where(np.isnan(samples.fps), 1.0, samples.fps)
    return pd.DataFrame(
        {
            "seen_share": _per_clip(visible.astype(float), starts),
            "point_missing_share": _per_clip(np.where(visible, (~seen).mean(-1), np.nan), starts),
            "num_frames": samples.lengths,
            "fps": samples.fps.astype(np.float64),
            "aspect": samples.aspect.astype(np.float64),
            "handedness": np.select([samples.handedness == 1, samples.handedness == 0], ["right", "left"], "unknown"),
            "hand_size": hand_size,
            "centre_x": _per_clip(centre[:, 0], starts),
            "centre_y": _per_clip(centre[:, 1], starts),
            "speed": _per_clip(_length(moved), starts) / hand_size * per_second,
            "jitter": _per_clip(_length(_change(moved, clip_of_row)), starts) / hand_size,
            "spread": _per_clip(_length(tips[:, 1:] - tips[:, :-1]), starts) / hand_size,
            "tilt_deg": np.degrees(np.arctan2(*towards)),
            "depth_range": _per_clip(np.where(visible, depth[1] - depth[0], np.nan), starts) / hand_size,
        }
    )


def _units(samples: Samples) -> Float[np.ndarray, "N 3"]:
    """What x, y and z are multiplied by to be in picture heights."""
    return np.stack([samples.aspect, np.ones(len(samples)), samples.aspect], axis=-1)


def _change(values: Float[np.ndarray, "R V C"], clip_of_row: NDArray[np.int64]) -> Float[np.ndarray, "R V C"]:
    """Returns the difference from the frame before, NaN in a clip's first frame."""
    change = np.full_like(values, np.nan)
    change[1:] = np.where((clip_of_row[1:] == clip_of_row[:-1])[:, None, None], np.diff(values, axis=0), np.nan)
    return change


def _length(values: Float[np.ndarray, "R V C"]) -> Float[np.ndarray, " R"]:
    """Returns each frame's mean vector length, over the points that have one."""
    return _mean(np.linalg.norm(values, axis=-1), axis=1)


def _mean(values: Float[np.ndarray, "..."], axis: int) -> Float[np.ndarray, "..."]:
    """Mean of what is not NaN; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis)
    return np.where(count > 0, np.nansum(values, axis) / np.maximum(count, 1), np.nan)


def _per_clip(rows: Float[np.ndarray, " R"], starts: NDArray[np.int64]) -> Float[np.ndarray, " N"]:
    """Returns each clip's mean over its frames that are not NaN; NaN where none is."""
    count = np.add.reduceat((~np.isnan(rows)).astype(np.int64), starts)
    return np.where(count > 0, np.add.reduceat(np.nan_to_num(rows), starts) / np.maximum(count, 1), np.nan)
