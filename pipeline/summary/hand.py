"""Figures of one hand.

Lengths are undone of the picture's aspect and measured in picture heights, or in hand lengths (wrist → middle MCP with
depth, so that a hand that tilts towards the camera does not shrink); a clip's figure is the mean over its frames.
"""

import numpy as np
import pandas as pd

from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.summary import rows

TIPS = ("thumb_tip", "index_tip", "middle_tip", "ring_tip", "pinky_tip")


def figures(samples: Samples) -> pd.DataFrame:
    """Returns one row a clip.

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
    clip = rows.clip_of_row(samples)
    seen = samples.seen
    visible = seen.any(-1)
    points = rows.in_picture_heights(samples)
    bone = points[:, place.index("middle_mcp")] - points[:, place.index("wrist")]
    hand_size = rows.per_clip(np.linalg.norm(bone, axis=-1), samples)
    hand_size = np.where(hand_size > 0, hand_size, np.nan)
    moved = rows.change(points, clip)
    tips = points[:, place.indices(*TIPS)]
    centre = rows.mean(np.where(seen[..., None], samples.values, np.nan).astype(np.float64), axis=1)
    towards = [rows.per_clip(side, samples) for side in (bone[:, 0], -bone[:, 1])]
    depth = np.where(seen, points[..., 2], np.inf).min(-1), np.where(seen, points[..., 2], -np.inf).max(-1)
    return pd.DataFrame(
        {
            "seen_share": rows.per_clip(visible.astype(float), samples),
            "point_missing_share": rows.per_clip(np.where(visible, (~seen).mean(-1), np.nan), samples),
            "num_frames": samples.lengths,
            "fps": samples.fps.astype(np.float64),
            "aspect": samples.aspect.astype(np.float64),
            "handedness": np.select([samples.handedness == 1, samples.handedness == 0], ["right", "left"], "unknown"),
            "hand_size": hand_size,
            "centre_x": rows.per_clip(centre[:, 0], samples),
            "centre_y": rows.per_clip(centre[:, 1], samples),
            "speed": rows.per_clip(rows.length(moved), samples) / hand_size * rows.per_second(samples),
            "jitter": rows.per_clip(rows.length(rows.change(moved, clip)), samples) / hand_size,
            "spread": rows.per_clip(rows.length(tips[:, 1:] - tips[:, :-1]), samples) / hand_size,
            "tilt_deg": np.degrees(np.arctan2(*towards)),
            "depth_range": rows.per_clip(np.where(visible, depth[1] - depth[0], np.nan), samples) / hand_size,
        }
    )
