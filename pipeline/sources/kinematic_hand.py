"""A hand of bones and joints: from joint angles in degrees to 21 points in hand lengths.

Vectorised: every array may have any leading axes (clips, frames). The frame is the right hand's own, held up with its
palm to the viewer: x to the thumb's side (right in the picture), y down the forearm, z away from the viewer; so all of
it can be laid into a picture as it is. A left hand is the same hand with x negated, last of all. Bones do not stop each
other: a thumb may lie inside a finger, as it does in every model of this kind that is fast.

Source: order of joints and axes as in the 21 degree-of-freedom hand of J. Lin, Y. Wu, T. S. Huang, "Modeling the
Constraints of Human Hand Motion", HUMO 2000, section 2, plus the axial turn of the thumb's base (opposition).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.skeleton import FINGERS, skeleton

# Degrees. Flexion is 0 for a straight finger and grows towards the palm; `abduct` is away from the middle finger (the
# middle's own: towards the thumb). The thumb's `spread` opens it from the index in the palm's plane, `palmar` lifts it
# out of that plane, `oppose` turns its flexion from across the palm (0) to towards the palm (90).
# Source: active ranges of the American Academy of Orthopaedic Surgeons (Greene and Heckman, "The Clinical Measurement
# of Joint Motion", 1994, hand and thumb), widened by up to 20 degrees: people differ, and detectors overstate bends.
# The thumb's base is wider still: its angles are measured here from the index finger and not from the resting thumb.
_FLEXION = {"mcp": (-30.0, 100.0), "pip": (-10.0, 120.0), "dip": (-15.0, 90.0)}
_ABDUCTION = {"index": (-25.0, 35.0), "middle": (-25.0, 25.0), "ring": (-25.0, 30.0), "pinky": (-25.0, 45.0)}
_THUMB = {
    "spread": (-40.0, 90.0),
    "palmar": (-20.0, 75.0),
    "oppose": (-60.0, 110.0),
    "mcp": (-15.0, 70.0),
    "ip": (-25.0, 90.0),
}
LIMITS: dict[str, dict[str, tuple[float, float]]] = {
    "thumb": _THUMB,
    **{finger: {**_FLEXION, "abduct": _ABDUCTION[finger]} for finger in FINGERS if finger != "thumb"},
}
JOINTS = tuple(f"{finger}_{joint}" for finger, joints in LIMITS.items() for joint in joints)
LOWEST, HIGHEST = np.array([limit for joints in LIMITS.values() for limit in joints.values()]).T
_THUMB_JOINTS = slice(0, 5)
_FINGER_JOINTS = {name: slice(5 + 4 * i, 9 + 4 * i) for i, name in enumerate(_ABDUCTION)}

RADIAL, DISTAL, PALMAR = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])


@dataclass(frozen=True, kw_only=True)
class Proportions:
    """One hand's bones, in lengths of the average hand (wrist to the tip of the straight middle finger).

    knuckles  [5, 3] where each finger leaves the palm: thumb_cmc, then the four mcp; x to the thumb, y down, z away
    bones     [5, 3] the three bones of each finger, from the palm out
    """

    knuckles: NDArray[np.float64]
    bones: NDArray[np.float64]


# Medians of what hand landmark detectors report for adult hands; the thumb's "cmc" lies outside of the true joint.
AVERAGE = Proportions(
    knuckles=np.array(
        [[0.13, -0.13, -0.085], [0.12, -0.505, -0.015], [0, -0.505, 0], [-0.107, -0.46, -0.003], [-0.2, -0.38, -0.015]]
    ),
    bones=np.array(
        [[0.2, 0.18, 0.15], [0.21, 0.137, 0.116], [0.225, 0.15, 0.12], [0.2, 0.147, 0.112], [0.16, 0.106, 0.093]]
    ),
)


def draw(rng: np.random.Generator) -> Proportions:
    """Draws a person's hand. Every bone varies by itself, fingers and the palm's width each together."""
    scale = np.exp(rng.normal(0, 0.03, size=(5, 3)) + rng.normal(0, 0.05, size=(5, 1)))
    knuckles = AVERAGE.knuckles * np.exp(rng.normal(0, 0.02, size=(5, 3)))
    return Proportions(knuckles=knuckles * [np.exp(rng.normal(0, 0.08)), 1.0, 1.0], bones=AVERAGE.bones * scale)


def scaled(hand: Proportions, *, fingers: float, palm: float) -> Proportions:
    """Returns a hand with longer fingers and a wider palm, by factors."""
    return Proportions(knuckles=hand.knuckles * [palm, 1.0, 1.0], bones=hand.bones * fingers)


def clip_to_limits(angles: Float[np.ndarray, "*batch J"]) -> Float[np.ndarray, "*batch J"]:
    """Returns the nearest angles that a hand can take."""
    return np.clip(angles, LOWEST, HIGHEST)


def points(angles: Float[np.ndarray, "*batch J"], hand: Proportions = AVERAGE) -> Float[np.ndarray, "*batch 21 3"]:
    """Returns a right hand, wrist at the origin, by its joint angles in degrees in the order of `JOINTS`."""
    radians = np.radians(clip_to_limits(angles))
    place = skeleton("hand").index
    out = np.zeros((*angles.shape[:-1], 21, 3))
    for i, (name, chain) in enumerate(FINGERS.items()):
        joints = radians[..., _THUMB_JOINTS if name == "thumb" else _FINGER_JOINTS[name]]
        straight, bent, bends = _thumb(joints) if name == "thumb" else _finger(joints, name)
        total = np.cumsum(bends, axis=-1)[..., None]
        steps = np.cos(total) * straight[..., None, :] + np.sin(total) * bent[..., None, :]
        out[..., place(chain[0]), :] = hand.knuckles[i]
        rest = slice(place(chain[1]), place(chain[3]) + 1)
        out[..., rest, :] = hand.knuckles[i] + np.cumsum(steps * hand.bones[i][:, None], axis=-2)
    return out


def _finger(joints: NDArray[np.float64], name: str) -> tuple[NDArray[np.float64], ...]:
    """Where a straight finger points, where it bends to, and its three bends."""
    side = joints[..., 3, None] * (1.0 if name in ("index", "middle") else -1.0)
    straight = np.cos(side) * DISTAL + np.sin(side) * RADIAL
    return straight, np.broadcast_to(PALMAR, straight.shape), joints[..., :3]


def _thumb(joints: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """As `_finger`; the first bone is the metacarpal, which the base alone moves."""
    spread, palmar, oppose = (joints[..., i, None] for i in range(3))
    straight = np.cos(palmar) * (np.cos(spread) * DISTAL + np.sin(spread) * RADIAL) + np.sin(palmar) * PALMAR
    across = np.sin(spread) * DISTAL - np.cos(spread) * RADIAL
    inward = np.sin(palmar) * (np.cos(spread) * DISTAL + np.sin(spread) * RADIAL) - np.cos(palmar) * PALMAR
    bends = np.concatenate([np.zeros_like(joints[..., :1]), joints[..., 3:]], axis=-1)
    return straight, np.cos(oppose) * across + np.sin(oppose) * inward, bends


def orientation(degrees: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    """Returns the rotation matrix of (turn, tip, roll).

    `turn` is about the forearm: 0 palm to the viewer, 90 palm to the other hand's side, 180 back of the hand to the
    viewer. Then `tip` leans the fingers to the viewer, and `roll` turns in the picture plane, clockwise as the viewer
    sees a right hand: at 90 upright fingers point to the picture's right.
    """
    cos, sin = np.moveaxis(np.cos(np.radians(degrees)), -1, 0), np.moveaxis(np.sin(np.radians(degrees)), -1, 0)
    one, zero = np.ones_like(cos[0]), np.zeros_like(cos[0])

    def matrix(*entries: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(entries, axis=-1).reshape(*one.shape, 3, 3)

    turn = matrix(cos[0], zero, -sin[0], zero, one, zero, sin[0], zero, cos[0])
    tip = matrix(one, zero, zero, zero, cos[1], -sin[1], zero, sin[1], cos[1])
    roll = matrix(cos[2], -sin[2], zero, sin[2], cos[2], zero, zero, zero, one)
    return roll @ tip @ turn


def rotate(points: Float[np.ndarray, "*batch V 3"], matrix: Float[np.ndarray, "*batch 3 3"]) -> NDArray[np.float64]:
    """Rotates points about the origin."""
    return points @ np.swapaxes(matrix, -1, -2)


def mirror(points: Float[np.ndarray, "*batch V 3"]) -> Float[np.ndarray, "*batch V 3"]:
    """Returns the left hand that is this right hand's mirror image."""
    return points * np.array([-1.0, 1.0, 1.0])
