"""What hands do over time: signs and rests one after another, and the ways between them.

A clip is a row of slots, each a rest or a sign that lasts from `start` to `stop`; between two slots the hands go from
where the one ends to where the next begins. Both hands are told as right hands (signing_body). Rows are frames of all
clips end to end, so that clips of any length cost what they are long.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from pipeline.sources import kinematic_hand, sign_table
from pipeline.sources.kinematic_hand import JOINTS
from pipeline.sources.sign_table import CURVE, NUM_STEPS, Held, Movement, Sign, Table

RELAXED = np.array([25, 15, 15, 15, 15] + 4 * [28, 32, 16, 3], dtype=float)  # a hand at rest, degrees
LOWERED = Held(shape=(), location="lowered", palm="in back", fingers="down")
CLASPED = Held(shape=(), location="clasped", palm="back", fingers="in down")
RESTS = {"lowered": np.array([-0.62, 1.62, -0.05]), "clasped": np.array([-0.1, 1.0, -0.42])}
STILL = Movement(curve=np.zeros((NUM_STEPS + 1, len(CURVE))), repeat=1, seconds=0.3, wiggle=0.0)
HELD_SHARE = 0.06  # of a sign's time, at either end of its movement
TURNS_BY = 0.35  # how far a hand that turns over looks to the viewer midway; else it would not know which way to turn
WIGGLE_HERTZ = 3.2
_KNUCKLES = [JOINTS.index(f"{finger}_mcp") for finger in ("index", "middle", "ring", "pinky")]
# Columns of a state: what is blended on the way from one slot to the next.
_PLACE, _FINGERS, _PALM, _LOCAL, _WIGGLE, _ANGLES = (
    slice(0, 3),
    slice(3, 6),
    slice(6, 9),
    slice(9, 12),
    slice(12, 13),
    slice(13, 13 + len(JOINTS)),
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What two hands do in a slot, as one signer does it: the hand that leads, then the other one.

    place        [2, 3] in the signer's own shoulder widths
    direction    [2, 2, 3] fingers and palm of each hand, unit vectors
    angles       [2, 2, J] degrees of the first and the second handshape
    movement     of each hand; phase, by how much of it the hand is ahead
    """

    place: NDArray[np.float64]
    direction: NDArray[np.float64]
    angles: NDArray[np.float64]
    movement: tuple[Movement, Movement]
    phase: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Slots:
    """N clips of S slots each, as numbers of forms.

    form         [N, S] into a list of forms
    start, stop  [N, S] seconds
    size         [N, S] of the movement, against the table's
    """

    form: NDArray[np.int64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    size: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Hands:
    """Two hands in R frames: what signing_body.points takes."""

    place: NDArray[np.float64]
    matrix: NDArray[np.float64]
    angles: NDArray[np.float64]


def rest(way: str, place: Float[np.ndarray, "3"]) -> Form:
    """Returns both hands at rest, `lowered` or `clasped`."""
    held = {"lowered": LOWERED, "clasped": CLASPED}[way]
    return Form(
        place=np.stack([place, place]),
        direction=np.stack([np.array(sign_table.direction(held))] * 2),
        angles=np.broadcast_to(RELAXED, (2, 2, len(JOINTS))),
        movement=(STILL, STILL),
        phase=(0.0, 0.0),
    )


def form(sign: Sign, table: Table, idle: Form, places: dict[str, NDArray[np.float64]]) -> Form:
    """Returns a sign as the table has it, at a signer's own places; a hand that it does not use does as `idle`."""
    lead = _held(sign.lead, table, places)
    moves = table.movements[sign.movement]
    if sign.hands == "one":
        other = idle.place[1], idle.direction[1], idle.angles[1]
    else:
        other = _held(sign.base, table, places) if sign.base else lead
    ahead = 0.5 / moves.repeat if sign.hands == "alternating" else 0.0
    follows = sign.hands in ("both", "alternating")
    place, direction, angles = (np.stack(pair) for pair in zip(lead, other, strict=True))
    return Form(
        place=place,
        direction=direction,
        angles=angles,
        movement=(moves, moves if follows else STILL),
        phase=(0.0, ahead),
    )


def hands(
    forms: list[Form], slots: Slots, clip: Int[np.ndarray, "R"], seconds: Float[np.ndarray, "R"]
) -> tuple[Hands, Float[np.ndarray, "R 2"]]:
    """Returns the hands in each row, by its clip and its time there, and by how many degrees their fingers wiggle."""
    before = np.maximum((seconds[:, None] >= slots.start[clip]).sum(axis=1) - 1, 0)
    after = np.minimum(before + 1, slots.form.shape[1] - 1)
    leaves, arrives = slots.stop[clip, before], slots.start[clip, after]
    way = np.clip((seconds - leaves) / np.maximum(arrives - leaves, 1e-3), 0, 1)
    way = (way**3 * (10 - 15 * way + 6 * way**2))[:, None, None]  # least jerk
    lasts = np.maximum(leaves - slots.start[clip, before], 1e-3)
    share = np.clip((seconds - slots.start[clip, before]) / lasts, 0, 1)
    fixed = _Forms.of(forms)
    one = fixed.state(slots.form[clip, before], share, slots.size[clip, before])
    two = fixed.state(slots.form[clip, after], np.zeros_like(share), slots.size[clip, after])
    state = one + way * (two - one)
    turning = 4 * TURNS_BY * way * (1 - way)
    state[..., _FINGERS] += turning * [0, 0, -1]
    state[..., _PALM] += turning * [1, 0, 0]
    return Hands(
        place=state[..., _PLACE],
        matrix=_matrix(state[..., _FINGERS], state[..., _PALM]) @ kinematic_hand.orientation(state[..., _LOCAL]),
        angles=state[..., _ANGLES],
    ), state[..., _WIGGLE][..., 0]


def wiggle(
    angles: Float[np.ndarray, "R 2 J"], degrees: Float[np.ndarray, "R 2"], seconds: Float[np.ndarray, "R"]
) -> Float[np.ndarray, "R 2 J"]:
    """Returns joint angles whose knuckles go up and down one after the other."""
    phase = 2 * np.pi * (WIGGLE_HERTZ * seconds[:, None] + np.arange(len(_KNUCKLES)) / len(_KNUCKLES))
    out = angles.copy()
    out[..., _KNUCKLES] += degrees[..., None] * (0.6 + np.sin(phase)[:, None])
    return out


@dataclass(frozen=True, kw_only=True)
class _Forms:
    """A list of forms as arrays, a row a form and a hand."""

    fixed: NDArray[np.float64]  # [M, 2, 9] place, fingers, palm
    angles: NDArray[np.float64]  # [M, 2, 2, J]
    curve: NDArray[np.float64]  # [M, 2, steps, 8]
    wiggle: NDArray[np.float64]  # [M, 2]
    phase: NDArray[np.float64]  # [M, 2]

    @classmethod
    def of(cls, forms: list[Form]) -> "_Forms":
        return cls(
            fixed=np.stack([np.concatenate([f.place, f.direction[:, 0], f.direction[:, 1]], axis=1) for f in forms]),
            angles=np.stack([f.angles for f in forms]),
            curve=np.stack([[movement.curve for movement in f.movement] for f in forms]),
            wiggle=np.array([[movement.wiggle for movement in f.movement] for f in forms]),
            phase=np.array([f.phase for f in forms]),
        )

    def state(
        self, number: NDArray[np.int64], share: NDArray[np.float64], size: NDArray[np.float64]
    ) -> Float[np.ndarray, "R 2 34"]:
        """Returns the hands at a share of their form's time."""
        held = np.clip((share - HELD_SHARE) / (1 - 2 * HELD_SHARE), 0, 1)
        eased = (0.5 * held + 0.5 * held * held * (3 - 2 * held))[:, None] + self.phase[number]
        step = np.where(eased > 1, eased - 1, eased) * NUM_STEPS
        low = np.minimum(step.astype(int), NUM_STEPS - 1)
        part = (step - low)[..., None]
        row, hand = number[:, None], np.arange(2)
        moved = (1 - part) * self.curve[row, hand, low] + part * self.curve[row, hand, low + 1]
        out = np.empty((len(number), 2, _ANGLES.stop))
        out[..., : _PALM.stop] = self.fixed[number]
        step_of = size[:, None, None] * moved
        out[..., _PLACE] += step_of[..., :3] + step_of[..., 3:4] * out[..., _PALM]
        out[..., _LOCAL] = moved[..., 4:7]
        out[..., _WIGGLE] = self.wiggle[number][..., None]
        first = self.angles[number, :, 0]
        out[..., _ANGLES] = first + moved[..., 7:] * (self.angles[number, :, 1] - first)
        return out


def _held(held: Held, table: Table, places: dict[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], ...]:
    shapes = [table.shapes[held.shape[0]], table.shapes[held.shape[-1]]]
    return places[held.location], np.array(sign_table.direction(held)), np.stack(shapes)


def _matrix(fingers: NDArray[np.float64], palm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation that takes an upright right hand's DISTAL and PALMAR to these directions, the fingers' exactly."""
    distal = fingers / np.maximum(np.linalg.norm(fingers, axis=-1, keepdims=True), 1e-6)
    palmar = palm - (palm * distal).sum(axis=-1, keepdims=True) * distal
    palmar = palmar / np.maximum(np.linalg.norm(palmar, axis=-1, keepdims=True), 1e-6)
    radial = np.cross(distal, palmar)
    return np.stack([radial, -distal, -palmar], axis=-1)
