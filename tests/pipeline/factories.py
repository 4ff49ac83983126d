"""A tiny track as the stages leave it: a store, a split by group, and parameters that train in a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from pipeline import samples as store
from pipeline import split as splits
from pipeline.params import Augment, Mlp, Prepare, SignTransformer, Strm, Train
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton
from pipeline.sources import bitmaps, ink
from tests.factories import make_hand, make_samples

NO_CHANGE = Augment(rotate_deg=0, scale=0, perspective=0, mirror=0, jitter=0, drop_points=0, time_warp=0)
TINY = Mlp(name="mlp", hidden=(16,), dropout=0.1)
TINY_STRM = Strm(name="strm", hidden=8, latent_steps=1, deep_steps=2)
TINY_SIGNS = SignTransformer(name="sign_transformer", size="lightweight")
QUICK = Train(epochs=6, batch_size=16, learning_rate=0.02, device="cpu", label_smoothing=0.05)
QUICK_CLIPS = QUICK.model_copy(update={"sequence_length": 4, "epochs": 2})


@dataclass(frozen=True)
class Track:
    """Where the artifacts of a track lie in a folder."""

    folder: Path

    @property
    def samples(self) -> Path:
        return self.folder / "samples.h5"

    @property
    def split(self) -> Path:
        return self.folder / "split.json"

    @property
    def encoder(self) -> Path:
        return self.folder / "encoder.safetensors"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def exported(self) -> Path:
        return self.folder / "export"


def make_track(folder: Path, samples: Samples | None = None) -> Track:
    """Writes a store of six signers, its split and no encoder: s04 and s05 are tested on, s03 validates."""
    track = Track(folder)
    samples = make_samples(num_groups=6, clips=4, frames=(1, 4), missing=0.02) if samples is None else samples
    store.write(track.samples, samples)
    splits.write(track.split, splits.assign(samples, Prepare(test=("s04", "s05"), val=("s03",))))
    save_file({}, track.encoder, metadata={"method": "none"})  # as `pretrain` leaves it
    return track


BODY = skeleton("holistic")
SHOULDER_WIDTH = 0.25  # of the picture


def make_signs(
    *,
    num_groups: int = 4,
    classes: Sequence[str] = "ABC",
    clips: int = 3,
    frames: tuple[int, int] = (3, 8),
    missing: float = 0.02,
    fps: float = 15.0,
    aspect: float = 4 / 3,
    seed: int = 0,
) -> Samples:
    """Returns clips of whole bodies, group by group, class by class: a sign is a handshape, a place and a way to move.

    Signers stand elsewhere and differ in size; one clip in three lacks the left hand, one frame in ten the right one.
    `missing` is the share of points that are not seen besides.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for signer in range(num_groups):
        size, place = rng.uniform(0.8, 1.2), rng.normal(0, 0.05, 2)
        for target in range(len(classes)):
            for number in range(clips):
                length = int(rng.integers(frames[0], frames[1] + 1))
                clip = _sign(target, length) + rng.normal(0, 0.004, (length, 75, 3))
                clip[..., :2] = clip[..., :2] * size + place
                clip[..., 0] /= aspect
                clip[rng.random(clip.shape[:2]) < missing] = np.nan
                if number % 3 == 1:
                    clip[:, BODY.part("left_hand")] = np.nan
                clip[np.ix_(rng.random(length) < 0.1, BODY.part("right_hand"))] = np.nan
                rows.append((clip, target, f"s{signer:02d}", f"s{signer:02d}/{classes[target]}{number}"))
    arrays, targets, groups, ids = zip(*rows, strict=True)
    return from_clips(
        [array.astype(np.float32) for array in arrays],
        target=targets,
        group=groups,
        ids=ids,
        fps=fps,
        aspect=aspect,
        class_names=tuple(classes),
        form="holistic",
        provenance={"source": "factory", "seed": seed},
    )


def _sign(target: int, length: int) -> np.ndarray:
    """Returns a sign [T, 75, 3] in a square picture: the right hand moves from the chest, the left one rests."""
    clip = np.zeros((length, 75, 3))
    clip[:, BODY.part("pose"), :2] = np.random.default_rng(7).uniform(0.3, 0.7, (33, 2))  # one body for all
    middle = np.array([0.5, 0.4, 0.0])
    for side, sign in (("left", 1), ("right", -1)):
        clip[:, BODY.index(f"pose_{side}_shoulder")] = middle + np.array([sign * SHOULDER_WIDTH / 2, 0, 0])
    way = np.array([np.cos(target), np.sin(target), 0.0]) * 0.2
    wrists = {"left": np.tile([0.65, 0.75, 0.0], (length, 1))}
    wrists["right"] = np.array([0.4, 0.55, 0.0]) + np.linspace(0, 1, length)[:, None] * way
    straight = [(target + 1) >> finger & 1 for finger in range(5)]
    for side, wrist in wrists.items():
        hand = make_hand(straight, size=0.08)
        clip[:, BODY.part(f"{side}_hand")] = hand - hand[0] + wrist[:, None]
        clip[:, BODY.index(f"pose_{side}_wrist")] = wrist
    return clip


def make_drawings(
    *, num_groups: int = 4, classes: Sequence[str] = "ABC", drawings: int = 3, side: int = 14, seed: int = 0
) -> Samples:
    """Returns drawings, group by group, class by class: a line in the class's direction, somewhere, with a dot."""
    rng = np.random.default_rng(seed)
    labels = [(f"s{g:02d}", k, n) for g in range(num_groups) for k in range(len(classes)) for n in range(drawings)]
    angle = np.array([np.pi * k / len(classes) for _, k, _ in labels]) + rng.normal(0, 0.1, len(labels))
    way = np.stack([np.cos(angle), np.sin(angle)], -1) * side / 4
    middle = side / 2 + rng.normal(0, side / 14, way.shape)
    dots = np.tile(rng.uniform(1, side - 1, way.shape), 2)
    segments = np.concatenate([np.concatenate([middle - way, middle + way], 1), dots])
    owner = np.tile(np.arange(len(labels)), 2)
    return bitmaps.samples(
        ink.draw(segments, owner, count=len(labels), size=side, width=np.full(len(labels), 1.5)),
        target=np.array([k for _, k, _ in labels]),
        group=np.array([group for group, _, _ in labels], dtype=object),
        ids=np.array([f"{group}/{classes[k]}{n}" for group, k, n in labels], dtype=object),
        class_names=tuple(classes),
        provenance={"source": "factory", "seed": seed},
    )
