"""A body that signs: from where two hands are and how they are held to 75 points in shoulder widths.

Vectorised over rows, any frames of any clips. The frame is a viewer's before the signer: x to the picture's right, y
down, z away from the viewer, the origin between the shoulders. Both arms are reckoned as right arms, and the left one
is mirrored last of all. Arms follow their hands by two-bone inverse kinematics; a hand out of reach is brought as near
as the arm is long, so that no bone stretches.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.skeleton import POSE, SIDES, skeleton
from pipeline.sources import kinematic_hand
from pipeline.sources.kinematic_hand import Proportions

SHOULDER = np.array([-0.5, 0.0, 0.0])  # the right one
MIDDLE_OF_HAND = 0.45  # hand lengths from the wrist: the point that a location places
NECK = np.array([0.0, -0.3, 0.05])  # about which the head turns
BENT_AT_LEAST = 0.995  # of the arm's length: an arm is never quite straight

# Of the average signer, in shoulder widths as pose detectors place the shoulders (0.36 m).
# Source: the segments' lengths are those of D. Winter, "Biomechanics and Motor Control of Human Movement", table 4.1,
# for a person of 1.72 m; the head's points are medians of a pose detector's.
UPPER_ARM, FOREARM, HAND = 0.88, 0.73, 0.52
TRUNK, HIP = 1.45, 0.29
_HALF_HEAD = {
    "eye_inner": [0.05, -0.9, -0.43],
    "eye": [0.09, -0.905, -0.42],
    "eye_outer": [0.13, -0.9, -0.39],
    "ear": [0.215, -0.83, -0.1],
    "mouth": [0.075, -0.63, -0.42],
}
HEAD = np.array(
    [
        [0, -0.76, -0.5],
        *([s * x, y, z] for s in (1, -1) for x, y, z in list(_HALF_HEAD.values())[:3]),
        *([s * x, y, z] for name in ("ear", "mouth") for s in (1, -1) for x, y, z in [_HALF_HEAD[name]]),
    ]
)
# From the hip: knee, ankle, heel, toes of the left leg; a person stands or sits.
STANDING = np.array([[0.02, 1.17, -0.05], [0.02, 2.3, 0.06], [0.02, 2.45, 0.16], [0.06, 2.5, -0.28]])
SITTING = np.array([[0.06, 0.12, -1.12], [0.06, 1.22, -1.02], [0.06, 1.37, -0.92], [0.1, 1.42, -1.36]])

_HOLISTIC = skeleton("holistic")
_HAND = skeleton("hand")
_PART = {side: _HOLISTIC.part(f"{side}_hand") for side in ("right", "left")}
_HEAD = _HOLISTIC.indices(*(f"pose_{point}" for point in POSE[: POSE.index("left_shoulder")]))
_POSE_OF_HAND = {"wrist": "wrist", "pinky": "pinky_mcp", "index": "index_mcp", "thumb": "thumb_ip"}
_LEGS = {
    side: _HOLISTIC.indices(*(f"pose_{side}_{point}" for point in ("hip", "knee", "ankle", "heel", "foot_index")))
    for side in SIDES
}


@dataclass(frozen=True, kw_only=True)
class Body:
    """One person's bones, in shoulder widths.

    head               [11, 3] the pose's points of the head, upright
    legs               [4, 3] from the left hip
    hand, hand_length  the hand's bones in hand lengths, and that length
    """

    head: NDArray[np.float64]
    legs: NDArray[np.float64]
    hand: Proportions
    hand_length: float
    upper_arm: float
    forearm: float
    trunk: float
    hip: float

    def place(self, location: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
        """Returns where a location of the average signer is: heights grow with head and trunk, reach with the arm."""
        head, trunk = self.head[0, 1] / HEAD[0, 1], self.trunk / TRUNK
        up = np.where(location[..., 1:2] < 0, head, trunk)
        reach = np.full_like(up, (self.upper_arm + self.forearm) / (UPPER_ARM + FOREARM))
        return location * np.concatenate([np.ones_like(up), up, reach], axis=-1)


AVERAGE = Body(
    head=HEAD,
    legs=STANDING,
    hand=kinematic_hand.AVERAGE,
    hand_length=HAND,
    upper_arm=UPPER_ARM,
    forearm=FOREARM,
    trunk=TRUNK,
    hip=HIP,
)


def draw(rng: np.random.Generator, hand: Proportions) -> Body:
    """Draws a person with this hand: limbs vary each by itself, the head as a whole and a little in its points."""
    head, hand_length, upper_arm, forearm, trunk, hip, legs = np.exp(
        rng.normal(0, [0.05, 0.06, 0.04, 0.04, 0.06, 0.06, 0.05])
    )
    sits = rng.random() < 0.4
    return Body(
        head=HEAD * head * np.exp(rng.normal(0, 0.02, size=3)),
        legs=(SITTING if sits else STANDING) * legs,
        hand=hand,
        hand_length=HAND * hand_length,
        upper_arm=UPPER_ARM * upper_arm,
        forearm=FOREARM * forearm,
        trunk=TRUNK * trunk,
        hip=HIP * hip,
    )


def reach(
    body: Body, wrist: Float[np.ndarray, "*batch 3"], pole: Float[np.ndarray, "*batch 3"]
) -> tuple[Float[np.ndarray, "*batch 3"], Float[np.ndarray, "*batch 3"]]:
    """Returns a right arm's elbow and wrist: the wrist as near to the wished one as the arm allows.

    `pole` is where the elbow is drawn to, as a direction; what of it lies along the arm does not count.
    """
    upper, fore = body.upper_arm, body.forearm
    arm = wrist - SHOULDER
    wished = np.maximum(_length(arm), 1e-6)
    length = np.clip(wished, abs(upper - fore) + 0.1, BENT_AT_LEAST * (upper + fore))
    along = arm / wished
    aside = pole - (pole * along).sum(axis=-1, keepdims=True) * along
    aside = aside / np.maximum(_length(aside), 1e-6)
    near = (upper**2 - fore**2 + length**2) / (2 * length)
    elbow = SHOULDER + near * along + np.sqrt(upper**2 - near**2) * aside
    return elbow, SHOULDER + length * along


def points(
    body: Body,
    place: Float[np.ndarray, "R 2 3"],
    matrix: Float[np.ndarray, "R 2 3 3"],
    angles: Float[np.ndarray, "R 2 J"],
    *,
    pole: Float[np.ndarray, "2 3"],
    head_deg: Float[np.ndarray, "R 3"],
    trunk_deg: Float[np.ndarray, "R 3"],
) -> Float[np.ndarray, "R 75 3"]:
    """Returns the skeleton `holistic` of a right-handed signer.

    place      of each hand's middle, the right one's first, both as if they were right hands
    matrix     how each hand is turned; angles, its joints in degrees
    pole       where each elbow is drawn to
    head_deg   turn, tip and roll of the head on the trunk; trunk_deg, of the trunk on the hips
    """
    hands = body.hand_length * kinematic_hand.rotate(kinematic_hand.points(angles, body.hand), matrix)
    middle = body.hand_length * MIDDLE_OF_HAND * (matrix @ kinematic_hand.DISTAL)
    elbow, wrist = reach(body, place - middle, np.broadcast_to(pole, place.shape))
    hands = hands + wrist[..., None, :]
    out = np.empty((len(place), len(_HOLISTIC.points), 3))
    head = kinematic_hand.rotate(body.head - NECK, kinematic_hand.orientation(head_deg)) + NECK
    out[:, _HEAD] = head
    for number, side in enumerate(_PART):
        flip = np.array([-1.0 if side == "left" else 1.0, 1.0, 1.0])
        out[:, _PART[side]] = hands[:, number] * flip
        out[:, _one(side, "shoulder")] = SHOULDER * flip
        out[:, _one(side, "elbow")] = elbow[:, number] * flip
        for own, of_hand in _POSE_OF_HAND.items():
            out[:, _one(side, own)] = out[:, _PART[side][_HAND.index(of_hand)]]
    hips = np.array([0.0, body.trunk, 0.0])
    out = kinematic_hand.rotate(out - hips, kinematic_hand.orientation(trunk_deg)) + hips
    hip = np.array([body.hip, body.trunk, 0.0])
    leg = np.concatenate([hip[None], hip + body.legs])
    out[:, _LEGS["left"]] = leg
    out[:, _LEGS["right"]] = leg * [-1, 1, 1]
    return out


def mirror(points: Float[np.ndarray, "R 75 3"]) -> Float[np.ndarray, "R 75 3"]:
    """Returns the left-handed signer who is this one's mirror image."""
    return points[:, _HOLISTIC.mirrored()] * np.array([-1.0, 1.0, 1.0])


def _length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _one(side: str, point: str) -> int:
    return _HOLISTIC.index(f"pose_{side}_{point}")
