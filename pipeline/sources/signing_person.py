"""People who sign: a body, a pace, and habits that stay, of how they shape, place and turn their hands.

What is a habit is scaled by `difficulty`; proportions, handedness and the camera's frame rate are not.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.sources import kinematic_hand, signing_body, signing_motion
from pipeline.sources.kinematic_hand import JOINTS
from pipeline.sources.sign_table import Table
from pipeline.sources.signing_body import Body
from pipeline.sources.signing_motion import RESTS, Form

LEFT_HANDED = 0.12
FPS = (15.0, 20.0, 24.0, 25.0, 30.0)
FPS_SHARES = (0.2, 0.1, 0.15, 0.2, 0.35)
UNSTEADY = 0.25  # share of signers whose camera gives some other rate between the lowest and the highest
CLASPED = 0.2  # how often the average signer rests with clasped hands
POLE = np.array([-0.5, 0.85, 0.3])  # elbows hang outwards, and a little behind
SIDEWAYS = np.array([0.5 if joint.endswith("abduct") else 1.0 for joint in JOINTS])  # they have a third of the range
# Standard deviations at difficulty 1: degrees for joints and turns, shoulder widths for places, of the log for factors.
HAND_DEG = 3.0  # for one joint of every handshape
HABIT_DEG = 5.0  # for one joint of one handshape
FACES_DEG = 9.0  # which way the hand faces in one sign
PLACE = 0.05  # of one location; half as much of all
POLE_PLACE = 0.2
SPEED, SIZE = 0.18, 0.15


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person: a body, and habits that stay.

    forms        for each way of resting: the rest, then each sign with the hand that it leaves idle resting so
    seconds      [K] each sign's, of the average signer
    pole         [2, 3] where the elbows go
    speed, size  of movements, against the table's
    clasped      share of clips in which this person rests with clasped hands
    """

    body: Body
    left: bool
    fps: float
    forms: list[list[Form]]
    seconds: NDArray[np.float64]
    pole: NDArray[np.float64]
    speed: float
    size: float
    clasped: float


def draw(rng: np.random.Generator, table: Table, names: tuple[str, ...], difficulty: float) -> Person:
    """Draws a person, with habits for all of the table, so that they do not change with the signs asked for."""
    body = signing_body.draw(rng, kinematic_hand.draw(rng))
    left = bool(rng.random() < LEFT_HANDED)
    steady = rng.random() >= UNSTEADY
    fps = float(rng.choice(FPS, p=FPS_SHARES) if steady else rng.uniform(FPS[0], FPS[-1]))
    speed, size = np.exp(difficulty * rng.normal(0, [SPEED, SIZE]))
    clasped = rng.beta(2, 2 / CLASPED - 2)
    pole = POLE + difficulty * rng.normal(0, POLE_PLACE, size=3)
    places = _places(rng, table, body, difficulty)
    own = replace(table, shapes=_shapes(rng, table, difficulty))
    turns = kinematic_hand.orientation(difficulty * rng.normal(0, FACES_DEG, size=(len(table.signs), 3)))
    faces = dict(zip(table.signs, turns, strict=True))
    rests = [signing_motion.rest(way, places[way]) for way in RESTS]
    forms = [
        [idle, *(_turned(signing_motion.form(own.signs[n], own, idle, places), faces[n]) for n in names)]
        for idle in rests
    ]
    seconds = np.array([table.movements[table.signs[name].movement].seconds for name in names])
    return Person(
        body=body,
        left=left,
        fps=fps,
        forms=forms,
        seconds=seconds,
        pole=np.stack([pole, pole]),
        speed=float(np.clip(speed, 0.6, 1.6)),
        size=float(size),
        clasped=clasped,
    )


def _places(rng: np.random.Generator, table: Table, body: Body, difficulty: float) -> dict[str, NDArray[np.float64]]:
    """Where this signer has each location, and the rests."""
    named = {**table.locations, **RESTS}
    spread = rng.normal(0, PLACE, size=(len(named), 3)) + rng.normal(0, PLACE / 2, size=3)
    return {
        name: body.place(place) + difficulty * off for (name, place), off in zip(named.items(), spread, strict=True)
    }


def _shapes(rng: np.random.Generator, table: Table, difficulty: float) -> dict[str, NDArray[np.float64]]:
    """How this signer holds each handshape."""
    habits = rng.normal(0, HAND_DEG, len(JOINTS)) + rng.normal(0, HABIT_DEG, (len(table.shapes), len(JOINTS)))
    return {
        name: angles + difficulty * SIDEWAYS * habit
        for (name, angles), habit in zip(table.shapes.items(), habits, strict=True)
    }


def _turned(form: Form, turn: Float[np.ndarray, "3 3"]) -> Form:
    """A form whose leading hand, and the other where it does the same, face a little elsewhere."""
    both = form.movement[0] is form.movement[1]
    direction = np.stack([form.direction[0] @ turn.T, form.direction[1] @ turn.T if both else form.direction[1]])
    return replace(form, direction=direction)
