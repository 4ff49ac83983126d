"""Fingerspelling by a kinematic hand: people who differ, before cameras, through a detector that errs.

No recording of anyone is in it. A signer is a function of (seed, number): signer 7 is the same whatever `num_signers`
is, so that more data never changes the data there was. `difficulty` scales everything that is a deviation: habits,
movement beside the sign, camera, detector. Proportions, handedness and picture format are people's own and stay.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import SyntheticLetters
from pipeline.samples import Samples
from pipeline.sources import camera, detector, kinematic_hand, letter_table
from pipeline.sources.kinematic_hand import JOINTS, Proportions
from pipeline.sources.letter_table import Letter
from pipeline.sources.setting import USUAL, Setting

LEFT_HANDED = 0.12
# Standard deviations at difficulty 1. Degrees for joints and wrist, hand lengths for places.
# Joints that move sideways differ by half as much: they have a third of the range.
HABIT_DEG = 5.0  # of a signer, for one joint of one letter
HAND_DEG = 3.0  # of a signer, for one joint of every letter
CLIP_DEG = 3.0
WRIST_DEG = np.array([16.0, 18.0, 12.0])  # turn, tip, roll of a signer; half as much for each letter and clip
WANDER_DEG = 2.0  # joints, within a clip
DRIFT = 0.04  # of the hand's place within a clip
GESTURES = (0.35, 5.0)  # share of clips in which the hand is moved about beside the sign, and how much more
TREMOR_DEG = 0.5
STIFFNESS = 0.06  # log of how far a signer bends, against the table
ENSLAVING = 0.10  # largest share by which a finger follows its neighbours
_SHARE = np.array([0.5 if joint.endswith("abduct") else 1.0 for joint in JOINTS])
_BENDS = np.array(
    [[JOINTS.index(f"{f}_{j}") for j in ("mcp", "pip", "dip")] for f in ("index", "middle", "ring", "pinky")]
)


@dataclass(frozen=True, kw_only=True)
class _Signer:
    """One person: a hand, and habits that stay.

    angles, wrist  [L, J] and [L, 3] degrees, a row a letter
    speed, size    of movements, against the table's
    """

    hand: Proportions
    left: bool
    angles: NDArray[np.float64]
    wrist: NDArray[np.float64]
    speed: float
    size: float


def read(data: SyntheticLetters) -> Samples:
    """Makes the clips: `clips_per_letter` of each class by each of `num_signers`.

    Raises: InputError about the table, or a class that it does not have.
    """
    num_letters = len(data.classes or letter_table.read(Path(data.path)))
    wanted = np.repeat(np.arange(num_letters), data.clips_per_letter)
    return film(data, [wanted] * data.num_signers)


def film(
    data: SyntheticLetters, wanted: Sequence[Int[np.ndarray, "N"]], *, first: int = 0, setting: Setting = USUAL
) -> Samples:
    """Makes clips of signer `first`, the next one, and so on: of each those letters, by place, that `wanted` says.

    Raises: InputError about the table, or a class that it does not have.
    """
    path = Path(data.path)
    table = letter_table.read(path)
    names = data.classes or tuple(table)
    unknown = [name for name in names if name not in table]
    if unknown or len(set(names)) < len(names):
        raise InputError(f"data.classes: expected different letters of A to Z, got {', '.join(names)}.")
    letters = [table[name] for name in names]
    data = data.model_copy(
        update={"fps": data.fps * setting.frame_rate, "frames": max(1, round(data.frames * setting.frame_rate))}
    )
    made = [_clips(first + k, letters, own, data, setting) for k, own in enumerate(wanted)]
    values, aspect, left = zip(*made, strict=True)
    counts = [len(own) for own in wanted]
    signers = [f"signer_{first + k:04d}" for k in range(len(wanted))]
    ids = [id for signer, own in zip(signers, wanted, strict=True) for id in _ids(signer, [names[i] for i in own])]
    return Samples(
        values=np.concatenate(values).reshape(-1, 21, 3),
        offsets=np.arange(len(ids) + 1, dtype=np.int64) * data.frames,
        target=np.concatenate(wanted).astype(np.int64),
        group=np.repeat(np.array(signers, dtype=object), counts),
        id=np.array(ids, dtype=object),
        fps=np.full(len(ids), data.fps, np.float32),
        aspect=np.concatenate(aspect).astype(np.float32),
        handedness=np.repeat(1 - np.array(left, dtype=np.float32), counts),
        class_names=names,
        form="hand",
        provenance={
            "synthetic": True,
            "table_sha256": sha256(path),
            **data.model_dump(exclude={"path"}, mode="json"),
            **setting.told(),
        },
    )


def _ids(signer: str, names: list[str]) -> list[str]:
    """Names each clip by its signer, its letter and how many of that letter went before."""
    before: Counter[str] = Counter()
    ids = []
    for name in names:
        ids.append(f"{signer}/{name}/{before[name]}")
        before[name] += 1
    return ids


def _clips(
    number: int, letters: list[Letter], wanted: Int[np.ndarray, "N"], data: SyntheticLetters, setting: Setting
) -> tuple[NDArray[np.float32], NDArray[np.float64], bool]:
    """One signer's clips [N, T, 21, 3], the picture aspect of each, and whether the signer is left-handed."""
    rng = np.random.default_rng([data.seed, number])
    signer = _signer(rng, letters, data.difficulty, setting)
    view = camera.draw(rng, len(wanted), data.difficulty, setting.view_deg)
    widths = camera.project(_hands(rng, signer, letters, wanted, data), view)
    size = np.broadcast_to((view.focal / view.distance)[:, None], widths.shape[:2])
    found = detector.detect(widths, size, rng, data.difficulty)
    placed = camera.place(found, view, rng, data.difficulty)
    if setting.lost:
        placed = detector.lose(placed, np.random.default_rng([data.seed, number, 1]), setting.lost)
    return placed.astype(np.float32), view.aspect, signer.left


def _signer(rng: np.random.Generator, letters: list[Letter], difficulty: float, setting: Setting) -> _Signer:
    """Draws a person."""
    hand = kinematic_hand.scaled(kinematic_hand.draw(rng), fingers=setting.fingers, palm=setting.palm)
    left = bool(rng.random() < (LEFT_HANDED if setting.left_handed is None else setting.left_handed))
    way = [
        int(u * len(letter.angles)) if difficulty else 0
        for letter, u in zip(letters, rng.random(len(letters)), strict=True)
    ]
    angles = np.stack([letter.angles[w] for letter, w in zip(letters, way, strict=True)])
    wrist = np.stack([letter.wrist[w] for letter, w in zip(letters, way, strict=True)])
    angles = _enslave(angles, min(difficulty * rng.uniform(0, ENSLAVING), 1.0))
    angles[:, _BENDS] *= np.exp(difficulty * rng.normal(0, STIFFNESS))
    habits = rng.normal(0, HAND_DEG, len(JOINTS)) + rng.normal(0, HABIT_DEG, angles.shape)
    angles = angles + difficulty * _SHARE * habits
    wrist = wrist + difficulty * WRIST_DEG * (rng.normal(size=3) + rng.normal(0, 0.5, size=wrist.shape))
    speed, size = np.exp(difficulty * rng.normal(0, 0.2, size=2))
    return _Signer(hand=hand, left=left, angles=angles, wrist=wrist, speed=float(speed), size=float(size))


def _enslave(angles: Float[np.ndarray, "L J"], share: float) -> NDArray[np.float64]:
    """Draws each finger's bends towards those of its neighbours.

    Source: V. Zatsiorsky, Z. Li, M. Latash, "Enslaving effects in multi-finger force production", Experimental Brain
    Research 131, 2000: fingers do not move alone, and the nearest follow most.
    """
    bends = angles[:, _BENDS]
    around = np.stack(
        [bends[:, 1], (bends[:, 0] + bends[:, 2]) / 2, (bends[:, 1] + bends[:, 3]) / 2, bends[:, 2]], axis=1
    )
    out = angles.copy()
    out[:, _BENDS] = bends + share * (around - bends)
    return out


def _hands(
    rng: np.random.Generator,
    signer: _Signer,
    letters: list[Letter],
    wanted: Int[np.ndarray, "N"],
    data: SyntheticLetters,
) -> Float[np.ndarray, "N T 21 3"]:
    """One signer's hands in space, in hand lengths, before any camera."""
    num_clips, num_frames = len(wanted), data.frames
    seconds = np.arange(num_frames) / data.fps
    moved = rng.random((num_clips, 1, 1)) < GESTURES[0]
    gesture = np.where(moved, GESTURES[1], 1.0) * np.exp(rng.normal(0, 0.3, size=(num_clips, 1, 1)))
    angles = signer.angles[wanted][:, None]
    angles = angles + data.difficulty * _SHARE * (
        rng.normal(0, CLIP_DEG, size=(num_clips, 1, len(JOINTS)))
        + WANDER_DEG * _wander(rng, seconds, (num_clips, len(JOINTS)))
        + rng.normal(0, TREMOR_DEG, size=(num_clips, num_frames, len(JOINTS)))
    )
    movement = _movement(rng, signer, letters, wanted, data)
    wrist = signer.wrist[wanted][:, None] + movement[..., 2:]
    wrist = wrist + data.difficulty * (
        WRIST_DEG * rng.normal(0, 0.5, size=(num_clips, 1, 3)) + 1.5 * gesture * _wander(rng, seconds, (num_clips, 3))
    )
    place = data.difficulty * DRIFT * gesture * _wander(rng, seconds, (num_clips, 3))
    place[..., :2] += signer.size * movement[..., :2]
    points = kinematic_hand.points(angles, signer.hand)
    points = kinematic_hand.rotate(points, kinematic_hand.orientation(wrist)) + place[..., None, :]
    return kinematic_hand.mirror(points) if signer.left else points


def _movement(
    rng: np.random.Generator,
    signer: _Signer,
    letters: list[Letter],
    wanted: Int[np.ndarray, "N"],
    data: SyntheticLetters,
) -> Float[np.ndarray, "N T 5"]:
    """Where each letter's path is in each frame: x, y, turn, tip, roll. It begins and ends within the clip."""
    shape = (len(wanted), 1)
    share = np.clip(0.75 / signer.speed * np.exp(data.difficulty * rng.normal(0, 0.1, size=shape)), 0.4, 1.0)
    start = (1 - share) * (0.5 + min(data.difficulty, 1.0) * rng.uniform(-0.5, 0.5, size=shape))
    time = np.clip((np.linspace(0, 1, data.frames) - start) / share, 0, 1)
    eased = time * time * (3 - 2 * time)
    out = np.zeros((len(wanted), data.frames, 5))
    for number in np.unique(wanted):
        own, path = wanted == number, letters[number].path
        for column in range(5):
            out[own, :, column] = np.interp(eased[own], path[:, 0], path[:, column + 1])
    return out


def _wander(
    rng: np.random.Generator, seconds: NDArray[np.float64], shape: tuple[int, ...]
) -> Float[np.ndarray, "N T D"]:
    """Slow smooth noise of about unit variance, [N, T, D]: three waves of 0.1 to 1.2 hertz each."""
    hertz = rng.uniform(0.1, 1.2, size=(3, *shape))
    phase = rng.uniform(0, 2 * np.pi, size=(3, *shape))
    height = rng.normal(0, np.sqrt(2 / 3), size=(3, *shape))
    angle = 2 * np.pi * hertz[..., None, :] * seconds[:, None] + phase[..., None, :]
    return (height[..., None, :] * np.sin(angle)).sum(axis=0)
