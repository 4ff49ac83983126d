"""Factories of whole bodies, 75 points of the skeleton `holistic`, and of clips of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton
from tests.factories import make_hand

HOLISTIC = skeleton("holistic")
LEFT, RIGHT, POSE = (HOLISTIC.part(name) for name in ("left_hand", "right_hand", "pose"))
SHOULDER_WIDTH = 0.25
HAND_SIZE = 0.1


def make_body(fingers: Sequence[float] = (1, 1, 1, 1, 1)) -> NDArray[np.float32]:
    """Returns one upright body [75, 3] in a square picture; both hands hold these fingers, upright at (0.5 ± 0.2, 0.7).

    The mid-shoulder is (0.5, 0.4), the shoulders SHOULDER_WIDTH apart, a hand HAND_SIZE long; the signer's left is the
    picture's right.
    """
    body = np.empty((75, 3), np.float32)
    down = np.linspace(0.1, 1.4, len(POSE))
    side = np.where(["left" in HOLISTIC.points[i] for i in POSE], 1, -1)
    body[POSE] = np.stack([0.5 + side * SHOULDER_WIDTH / 2, down, np.full(len(POSE), -0.1)], axis=1)
    for name, sign in (("pose_left_shoulder", 1), ("pose_right_shoulder", -1)):
        body[HOLISTIC.index(name)] = 0.5 + sign * SHOULDER_WIDTH / 2, 0.4, -0.1
    hand = make_hand(fingers, size=HAND_SIZE)
    body[RIGHT] = hand - np.float32([0.2, 0, 0])
    body[LEFT] = hand * np.float32([-1, 1, 1]) + np.float32([1.2, 0, 0])
    return body


def make_clip(frames: int = 4, fingers: Sequence[float] = (1, 1, 1, 1, 1), **motion: float) -> NDArray[np.float32]:
    """Returns [frames, 75, 3]; `right=0.01` moves the right hand that far in x a frame, `left` the left one."""
    clip = np.stack([make_body(fingers)] * frames)
    for part, columns in (("left", LEFT), ("right", RIGHT)):
        clip[:, columns, 0] += (np.arange(frames) * motion.get(part, 0.0))[:, None]
    return clip


def signed(*clips: NDArray[np.float32], **options) -> Samples:
    """Returns clips as samples of one class, each its own group."""
    names = [str(i) for i in range(len(clips))]
    options = {"target": [0] * len(clips), "group": names, "class_names": ("A",), **options}
    return from_clips(clips, ids=names, form="holistic", **options)


def keypoints(clip: NDArray[np.float32], *blocks: str) -> NDArray[np.float32]:
    """Returns a clip's frames as vectors, block by block as in a layout; unseen points are zeros, visibility is 0.9."""
    clip = np.nan_to_num(clip)
    found = []
    for block in blocks:
        part, coordinates = block.split(":")
        if part == "skip":
            found.append(np.full((len(clip), int(coordinates)), 0.7, np.float32))
            continue
        points = np.concatenate(
            [clip[:, HOLISTIC.part(part)], np.full((*clip[:, HOLISTIC.part(part)].shape[:2], 1), 0.9)], 2
        )
        found.append(points[..., ["xyzv".index(c) for c in coordinates]].reshape(len(clip), -1))
    return np.concatenate(found, axis=1).astype(np.float32)
