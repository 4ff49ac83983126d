"""Signs by a kinematic body: people who differ, before cameras, through a detector that loses hands.

No recording of anyone is in it, and no sign of any language (synthetic_signs.yaml). A signer is a function of (seed,
number): signer 7 is the same whatever `num_signers` is, so that more data never changes the data there was.
`difficulty` scales everything that is a deviation: habits, movement beside the sign, how clips are cut, camera,
detector. Proportions, handedness, frame rate and picture format are people's own and stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import SyntheticSigns
from pipeline.samples import Samples
from pipeline.sources import (
    holistic_detector,
    kinematic_hand,
    sign_table,
    signing_body,
    signing_camera,
    signing_motion,
    signing_person,
)
from pipeline.sources.kinematic_hand import JOINTS
from pipeline.sources.sign_table import Table
from pipeline.sources.signing_motion import Slots
from pipeline.sources.signing_person import SIDEWAYS, Person
from pipeline.sources.wander import wander

REST = 0.5  # share of clips that begin at rest; as many end there
TRANSPORT_S, BETWEEN_S = 0.38, 0.3  # from rest to a sign and back, and from sign to sign
NUM_SIGNS = (2, 5)  # of a sentence in the stream
FEWEST_FRAMES = 8
# Standard deviations at difficulty 1, of a clip and within it: degrees for joints and turns, shoulder widths for
# places, of the log for factors.
CLIP_DEG, WANDER_DEG, TREMOR_DEG = 3.0, 2.0, 0.5  # of joints, as in synthetic_letters
FACES_DEG, FACES_WANDER_DEG = 5.0, 1.5
PLACE, PLACE_WANDER = 0.035, 0.012
SPEED, SIZE, WAY = 0.1, 0.08, 0.15
HEAD_DEG, TRUNK_DEG = np.array([7.0, 5.0, 3.0]), np.array([3.0, 2.0, 1.5])


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """One signer's clips end to end: values [R, 75, 3] and lengths, fps and aspect of each clip."""

    values: NDArray[np.float32]
    lengths: NDArray[np.int64]
    fps: NDArray[np.float64]
    aspect: NDArray[np.float64]


def read(data: SyntheticSigns) -> Samples:
    """Makes the clips: `clips_per_sign` of each class by each of `num_signers`.

    The provenance's `minimal_pairs` lists the chosen signs that differ in one parameter only: [one, other, parameter].

    Raises: InputError about the table, or a class that it does not have.
    """
    table, names = _chosen(data)
    signs = np.repeat(np.arange(len(names)), data.clips_per_sign)[:, None]
    rngs = [np.random.default_rng([data.seed, k]) for k in range(data.num_signers)]
    signers = [signing_person.draw(rng, table, names, data.difficulty) for rng in rngs]
    made = [_record(rng, signer, signs, data.difficulty) for rng, signer in zip(rngs, signers, strict=True)]
    groups = [f"signer_{k:04d}" for k in range(data.num_signers)]
    ids = [f"{group}/{name}/{i}" for group in groups for name in names for i in range(data.clips_per_sign)]
    pairs = [list(pair) for pair in table.pairs if set(pair[:2]) <= set(names)]
    return _samples(
        made,
        groups=groups,
        ids=ids,
        target=np.tile(signs[:, 0], data.num_signers),
        class_names=names,
        provenance={**_provenance(data), "minimal_pairs": pairs},
    )


def stream(data: SyntheticSigns, *, clips_per_signer: int = 8, first: int = 0) -> Iterator[Samples]:
    """Yields unlabelled sentences without end, a new signer's at a time; none of them is a signer of `read`.

    Signer k is a function of (seed, k, clips_per_signer) alone, so that a stream can be taken up again from `first`.
    Target is 0 throughout, the class `unlabelled`; the signs of a sentence are not told.
    """
    table, names = _chosen(data)
    provenance = {**_provenance(data), "unlabelled": True}
    number = first
    while True:
        rng = np.random.default_rng([data.seed, number, 1])
        signer = signing_person.draw(rng, table, names, data.difficulty)
        signs = rng.integers(len(names), size=(clips_per_signer, NUM_SIGNS[1]))
        signs[np.arange(NUM_SIGNS[1]) >= rng.integers(NUM_SIGNS[0], NUM_SIGNS[1] + 1, clips_per_signer)[:, None]] = -1
        group = f"stream_{number:06d}"
        yield _samples(
            [_record(rng, signer, signs, data.difficulty)],
            groups=[group],
            ids=[f"{group}/{i}" for i in range(clips_per_signer)],
            target=np.zeros(clips_per_signer, np.int64),
            class_names=("unlabelled",),
            provenance=provenance,
        )
        number += 1


def _chosen(data: SyntheticSigns) -> tuple[Table, tuple[str, ...]]:
    table = sign_table.read(Path(data.path))
    names = data.classes or tuple(table.signs)
    if unknown := [name for name in names if name not in table.signs]:
        raise InputError(
            f"data.classes: expected signs of '{data.path}', got '{unknown[0]}'. Valid: {', '.join(table.signs)}."
        )
    if len(set(names)) < len(names):
        raise InputError(f"data.classes: expected different signs, got {', '.join(names)}.")
    return table, names


def _provenance(data: SyntheticSigns) -> dict[str, object]:
    return {
        "synthetic": True,
        "table_sha256": sha256(Path(data.path)),
        **data.model_dump(exclude={"path"}, mode="json"),
    }


def _samples(
    made: list[_Recorded],
    *,
    groups: list[str],
    ids: list[str],
    target: NDArray[np.int64],
    class_names: tuple[str, ...],
    provenance: dict[str, object],
) -> Samples:
    lengths = np.concatenate([each.lengths for each in made])
    return Samples(
        values=np.concatenate([each.values for each in made]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        target=target,
        group=np.repeat(np.array(groups, dtype=object), [len(each.lengths) for each in made]),
        id=np.array(ids, dtype=object),
        fps=np.concatenate([each.fps for each in made]).astype(np.float32),
        aspect=np.concatenate([each.aspect for each in made]).astype(np.float32),
        handedness=np.full(len(ids), np.nan, np.float32),  # both hands are there, each by its name
        class_names=class_names,
        form="holistic",
        provenance=provenance,
    )


def _record(rng: np.random.Generator, signer: Person, signs: Int[np.ndarray, "N S"], difficulty: float) -> _Recorded:
    """Films one signer: each row of `signs` is a clip, -1 where there is no more sign in it."""
    slots, first, last = _slots(rng, signer, signs, difficulty)
    lengths = np.maximum(((last - first) * signer.fps).astype(np.int64) + 1, FEWEST_FRAMES)
    clip = np.repeat(np.arange(len(signs)), lengths)
    frame = np.arange(len(clip)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    seconds = first[clip] + frame / signer.fps
    points = _bodies(rng, signer, slots, clip, seconds, difficulty)
    camera = signing_camera.draw(rng, len(signs), difficulty)
    picture = signing_camera.project(points, camera, clip)
    found = holistic_detector.detect(
        picture, camera.scale[clip], camera.aspect[clip], clip, frame / signer.fps, rng, difficulty
    )
    return _Recorded(
        values=found.astype(np.float32), lengths=lengths, fps=np.full(len(signs), signer.fps), aspect=camera.aspect
    )


def _slots(
    rng: np.random.Generator, signer: Person, signs: Int[np.ndarray, "N S"], difficulty: float
) -> tuple[Slots, NDArray[np.float64], NDArray[np.float64]]:
    """Rest, the signs, rest; and when each clip begins and ends: at rest, or on the way from and to it."""
    num_clips, most = signs.shape
    clips, there = np.arange(num_clips), signs >= 0
    count = there.sum(axis=1)
    speed = signer.speed * np.exp(difficulty * rng.normal(0, SPEED, size=(num_clips, 1)))
    lasts = np.where(there, signer.seconds[signs], 0.0) / speed
    ways = np.full((num_clips, most + 1), BETWEEN_S)
    ways[:, 0] = TRANSPORT_S
    ways[clips, count] = TRANSPORT_S
    ways = ways * np.exp(difficulty * rng.normal(0, WAY, ways.shape)) / speed
    start = np.cumsum(ways, axis=1) + np.concatenate([np.zeros((num_clips, 1)), np.cumsum(lasts, axis=1)], axis=1)
    stop = start + np.concatenate([lasts, np.ones((num_clips, 1))], axis=1)
    way = (rng.random(num_clips) < signer.clasped * min(difficulty, 1.0)).astype(int)
    form = np.concatenate([np.zeros((num_clips, 1), int), signs + 1, np.zeros((num_clips, 1), int)], axis=1)
    at_rest = rng.random((num_clips, 2)) < REST * min(difficulty, 1.0)
    cut = 0.5 + min(difficulty, 1.0) * rng.uniform(-0.3, 0.4, size=(num_clips, 2))
    waits = rng.uniform(0.05, 0.3, size=(num_clips, 2))
    begin, end = np.where(at_rest, -waits, cut * np.stack([ways[:, 0], ways[clips, count]], axis=1)).T
    return (
        Slots(
            form=form + way[:, None] * len(signer.forms[0]),
            start=np.concatenate([np.full((num_clips, 1), -1.0), start], axis=1),
            stop=np.concatenate([np.zeros((num_clips, 1)), stop], axis=1),
            size=signer.size * np.exp(difficulty * rng.normal(0, SIZE, form.shape)),
        ),
        begin,
        start[clips, count] - end,
    )


def _bodies(
    rng: np.random.Generator,
    signer: Person,
    slots: Slots,
    clip: Int[np.ndarray, "R"],
    seconds: Float[np.ndarray, "R"],
    difficulty: float,
) -> Float[np.ndarray, "R 75 3"]:
    """One signer in space, in shoulder widths, before any camera."""
    num_clips = len(slots.form)
    hands, wiggles = signing_motion.hands([form for way in signer.forms for form in way], slots, clip, seconds)
    angles = hands.angles + difficulty * SIDEWAYS * (
        rng.normal(0, CLIP_DEG, size=(num_clips, 2, len(JOINTS)))[clip]
        + WANDER_DEG * wander(rng, clip, seconds, (2, len(JOINTS)))
        + rng.normal(0, TREMOR_DEG, size=hands.angles.shape)
    )
    place = hands.place + difficulty * (
        rng.normal(0, PLACE, size=(num_clips, 2, 3))[clip] + PLACE_WANDER * wander(rng, clip, seconds, (2, 3))
    )
    faces = rng.normal(0, FACES_DEG, size=(num_clips, 2, 3))[clip] + FACES_WANDER_DEG * wander(
        rng, clip, seconds, (2, 3)
    )
    points = signing_body.points(
        signer.body,
        place,
        kinematic_hand.orientation(difficulty * faces) @ hands.matrix,
        signing_motion.wiggle(angles, wiggles, seconds),
        pole=signer.pole,
        head_deg=difficulty * HEAD_DEG * wander(rng, clip, seconds, (3,)),
        trunk_deg=difficulty * TRUNK_DEG * wander(rng, clip, seconds, (3,)),
    )
    return signing_body.mirror(points) if signer.left else points
