"""Figures of two hands and a pose.

Lengths are undone of the picture's aspect and measured in the picture, without depth, which is the least certain: in
picture heights, or in shoulder widths where the pose was seen. A clip's figure is the mean over its frames.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.samples import Samples
from pipeline.skeleton import SIDES, skeleton
from pipeline.summary import rows


def figures(samples: Samples) -> pd.DataFrame:
    """Returns one row a clip; SIDE is the signer's left and right.

    seen_share           share of frames in which a hand or the pose was seen
    pose_seen_share      share of frames in which the pose was seen
    SIDE_seen_share      share of frames in which this hand was seen
    both_seen_share      share of frames in which both hands were
    num_frames           frames
    fps                  frames per second
    aspect               picture width / height
    shoulder_width       left → right shoulder, in picture heights
    shoulder_tilt_deg    right → left shoulder in the picture, degrees clockwise from level: how the camera hangs
    centre_x, centre_y   middle of the shoulders, in picture widths and heights from the upper left corner
    SIDE_size            wrist → middle MCP of this hand, in picture heights
    SIDE_height          this hand's wrist above the middle of the shoulders, in shoulder widths
    SIDE_speed           way of this hand's wrist, in shoulder widths per second, per frame where fps is unknown
    wrist_distance       one hand's wrist → the other's, in shoulder widths
    jitter               mean change of a hand point's way from frame to frame (second difference), in shoulder widths
    """
    return pd.DataFrame(
        {
            **_shares(samples),
            "num_frames": samples.lengths,
            "fps": samples.fps.astype(np.float64),
            "aspect": samples.aspect.astype(np.float64),
            **_measures(samples),
        }
    )


def _shares(samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Shares of frames that show a part."""
    place = skeleton(samples.skeleton)
    shown = {part: samples.seen[:, place.part(part)].any(-1) for part in place.parts}
    left, right = (shown[f"{side}_hand"] for side in SIDES)
    frames = {
        "seen_share": left | right | shown["pose"],
        "pose_seen_share": shown["pose"],
        "left_seen_share": left,
        "right_seen_share": right,
        "both_seen_share": left & right,
    }
    return {name: rows.per_clip(seen.astype(float), samples) for name, seen in frames.items()}


def _measures(samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Lengths, places and speeds."""
    place = skeleton(samples.skeleton)
    clip = rows.clip_of_row(samples)
    points = rows.in_picture_heights(samples)[..., :2]
    left, right = (points[:, place.index(f"pose_{side}_shoulder")] for side in SIDES)
    middle, across = (left + right) / 2, left - right
    width = rows.per_clip(np.linalg.norm(across, axis=-1), samples)
    width = np.where(width > 0, width, np.nan)
    tilt = [rows.per_clip(across[:, axis], samples) for axis in (1, 0)]
    wrists = {side: points[:, place.index(f"{side}_hand_wrist")] for side in SIDES}
    bones = {side: points[:, place.index(f"{side}_hand_middle_mcp")] - wrists[side] for side in SIDES}
    moved = {side: rows.change(wrists[side][:, None], clip) for side in SIDES}
    turned = rows.change(rows.change(points[:, [*place.part("left_hand"), *place.part("right_hand")]], clip), clip)

    def length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        return rows.per_clip(rows.length(vectors if vectors.ndim == 3 else vectors[:, None]), samples)

    return {
        "shoulder_width": width,
        "shoulder_tilt_deg": np.degrees(np.arctan2(*tilt)),
        "centre_x": rows.per_clip(middle[:, 0], samples) / samples.aspect,
        "centre_y": rows.per_clip(middle[:, 1], samples),
        **{f"{side}_size": length(bones[side]) for side in SIDES},
        **{f"{side}_height": rows.per_clip((middle - wrists[side])[:, 1], samples) / width for side in SIDES},
        **{f"{side}_speed": length(moved[side]) / width * rows.per_second(samples) for side in SIDES},
        "wrist_distance": length(wrists["left"] - wrists["right"]) / width,
        "jitter": length(turned) / width,
    }
