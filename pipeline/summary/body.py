"""Figures of two hands and a pose.

Lengths are undone of the picture's aspect and measured in the picture, without depth, which is the least certain: in
picture heights, or in shoulder widths where the pose was seen. A clip's figure is the mean over its frames.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.samples import Samples
from pipeline.skeleton import SIDES, skeleton
from pipeline.summary import rows

BODY = skeleton("holistic")
PARTS = {part: BODY.span(part) for part in BODY.parts}
SHOULDERS = [BODY.index(f"pose_{side}_shoulder") for side in SIDES]
WRISTS = {side: BODY.index(f"{side}_hand_wrist") for side in SIDES}
KNUCKLES = {side: BODY.index(f"{side}_hand_middle_mcp") for side in SIDES}


def figures(samples: Samples) -> dict[str, NDArray[Any]]:
    """Returns, for each clip; SIDE is the signer's left and right:

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
    missing = rows.missing(samples)
    shown = _shown(missing)
    mean = rows.per_clip(shown | _measured(samples, missing), samples)
    width = np.where(mean["width"] > 0, mean["width"], np.nan)
    per_second = rows.per_second(samples)
    return {
        **{name: mean[name] for name in shown},
        "num_frames": samples.lengths,
        "fps": samples.fps.astype(np.float64),
        "aspect": samples.aspect.astype(np.float64),
        "shoulder_width": width,
        "shoulder_tilt_deg": np.degrees(np.arctan2(mean["across_y"], mean["across_x"])),
        "centre_x": mean["middle_x"] / samples.aspect,
        "centre_y": mean["middle_y"],
        **{f"{side}_size": mean[f"{side}_size"] for side in SIDES},
        **{f"{side}_height": mean[f"{side}_height"] / width for side in SIDES},
        **{f"{side}_speed": mean[f"{side}_moved"] / width * per_second for side in SIDES},
        "wrist_distance": mean["apart"] / width,
        "jitter": mean["turned"] / width,
    }


def _shown(missing: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Returns which parts each frame shows, as 0 and 1."""
    left, right, pose = (np.any(~missing[:, PARTS[part]], axis=1) for part in ("left_hand", "right_hand", "pose"))
    frames = {
        "seen_share": left | right | pose,
        "pose_seen_share": pose,
        "left_seen_share": left,
        "right_seen_share": right,
        "both_seen_share": left & right,
    }
    return {name: np.asarray(seen, np.float64) for name, seen in frames.items()}


def _measured(samples: Samples, missing: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Returns lengths, places and ways of each frame, in picture heights."""
    hands = slice(PARTS["left_hand"].start, PARTS["right_hand"].stop)
    x, y = (rows.in_picture_heights(samples, missing, hands, axis) for axis in (rows.X, rows.Y))
    (left_x, right_x), (left_y, right_y) = (
        [rows.in_picture_heights(samples, missing, shoulder, axis) for shoulder in SHOULDERS]
        for axis in (rows.X, rows.Y)
    )
    across_x, across_y, middle_y = left_x - right_x, left_y - right_y, (left_y + right_y) / 2
    moved = [rows.change(place, samples) for place in (x, y)]
    turned = [rows.change(way, samples) for way in moved]
    left, right = WRISTS.values()
    return {
        "width": rows.length(across_x, across_y),
        "across_x": across_x,
        "across_y": across_y,
        "middle_x": (left_x + right_x) / 2,
        "middle_y": middle_y,
        **{f"{side}_size": rows.length(*(p[:, KNUCKLES[side]] - p[:, WRISTS[side]] for p in (x, y))) for side in SIDES},
        **{f"{side}_height": middle_y - y[:, WRISTS[side]] for side in SIDES},
        **{f"{side}_moved": rows.length(*(way[:, WRISTS[side]] for way in moved)) for side in SIDES},
        "apart": rows.length(*(place[:, left] - place[:, right] for place in (x, y))),
        "turned": rows.over_points(rows.length(*turned)),
    }
