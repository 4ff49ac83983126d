"""Factories of tiny hands and samples, for tests across the project.

A class is a way to hold five fingers (31 differ), so that a small model learns to tell classes apart in a second; a
group is a signer with a size, a place in the picture and a slant of their own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.samples import Samples, from_clips

KNUCKLES = np.array([[-0.45, 0.45], [-0.3, 0.95], [0.0, 1.0], [0.25, 0.9], [0.45, 0.75]])  # of a hand of length 1
DIRECTIONS = np.array([[-0.8, 0.6], [-0.2, 0.98], [0.0, 1.0], [0.15, 0.99], [0.35, 0.94]])
BONES = np.array([0.4, 0.25, 0.2])


def make_hand(
    fingers: Sequence[float] = (1, 1, 1, 1, 1), *, size: float = 0.25, turn_deg: float = 0.0
) -> NDArray[np.float32]:
    """Returns one hand [21, 3] in a square picture, wrist at (0.5, 0.7); a finger at 1 is straight, at 0 curled.

    size      wrist → middle MCP as a share of the picture
    turn_deg  clockwise from upright
    """
    points = [np.zeros(3)]
    for straight, knuckle, direction in zip(fingers, KNUCKLES, DIRECTIONS, strict=True):
        point = np.array([*knuckle, 0.0])
        points.append(point)
        for joint, bone in enumerate(BONES, start=1):
            bend = (1 - straight) * joint * np.pi / 3
            point = point + bone * np.array([*(direction * np.cos(bend)), -np.sin(bend)])
            points.append(point)
    hand = np.asarray(points) * [1, -1, 1] * size
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    hand[:, :2] = hand[:, :2] @ np.array([[cos, sin], [-sin, cos]])
    return (hand + np.array([0.5, 0.7, 0.0])).astype(np.float32)


def make_samples(
    *,
    num_groups: int = 4,
    classes: Sequence[str] = "ABC",
    clips: int = 3,
    frames: int | tuple[int, int] = 1,
    seed: int = 0,
    noise: float = 0.004,
    missing: float = 0.0,
    fps: float = float("nan"),
    aspect: float = 1.0,
) -> Samples:
    """Returns `clips` clips of each class by each of the groups 's00', 's01', …, group by group, class by class.

    frames   of each clip; a pair is a range, both ends included
    noise    of each coordinate, standard deviation, as a share of the picture
    missing  share of points that are not seen
    """
    rng = np.random.default_rng(seed)
    rows = []
    for signer in range(num_groups):
        size, turn_deg, place = rng.uniform(0.15, 0.3), rng.normal(0, 8), np.array([*rng.normal(0, 0.05, 2), 0.0])
        for target in range(len(classes)):
            straight = [(target + 1) >> finger & 1 for finger in range(5)]
            for number in range(clips):
                low, high = (frames, frames) if isinstance(frames, int) else frames
                shape = (int(rng.integers(low, high + 1)), 21, 3)
                clip = make_hand(straight, size=size, turn_deg=turn_deg) + place + rng.normal(0, noise, shape)
                clip[rng.random(shape[:2]) < missing] = np.nan
                clip[..., 0] = (clip[..., 0] - 0.5) / aspect + 0.5
                clip[..., 2] /= aspect
                rows.append(
                    (clip.astype(np.float32), target, f"s{signer:02d}", f"s{signer:02d}/{classes[target]}{number}")
                )
    arrays, targets, groups, ids = zip(*rows, strict=True)
    handedness = [signer % 2 for signer in range(num_groups) for _ in range(len(classes) * clips)]
    return from_clips(
        arrays,
        target=targets,
        group=groups,
        ids=ids,
        fps=fps,
        aspect=aspect,
        handedness=handedness,
        class_names=tuple(classes),
        provenance={"source": "factory", "seed": seed},
    )
