"""What a landmark detector does wrong: jitter, doubtful depth, fingers slipped onto their neighbours, misses.

Sizes are in hand lengths as they appear in the picture, so that a distant hand is detected as well as a near one.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from pipeline.skeleton import FINGERS, skeleton

_CHAINS = np.array([skeleton("hand").indices(*chain) for chain in FINGERS.values()])
_JOINTED = _CHAINS[:, 1:]  # a finger's points that can hide behind, and slip onto, another finger
_NEIGHBOURS = np.array([[1, 1], [2, 2], [1, 3], [2, 4], [3, 3]])  # which fingers each finger slips onto

JITTER = 0.009  # standard deviation of x and y in one frame, flat to the picture
BIAS = 0.014  # the same in every frame of a clip
DEPTH_FACTOR = 2.5  # z is inferred, not seen
MEMORY = 0.7  # correlation of the jitter from a frame to the next
HIDES_WITHIN = 0.07  # a point this close in the picture to a nearer point of another finger is hidden by it
SLIPS = 0.5  # chance that a finger which is hidden throughout slips in a clip
POINT_MISSES = (0.0005, 0.004)  # chance for a point in the open, and for a hidden one
GAPS = 0.15  # share of clips with a run of frames where no hand was found


def hidden(widths: Float[np.ndarray, "N T V 3"], size: Float[np.ndarray, "N T"]) -> Bool[np.ndarray, "N T F 3"]:
    """Marks the outer three points of each finger that lie behind another finger."""
    points = widths / size[..., None, None]
    behind = np.zeros((*points.shape[:2], *_JOINTED.shape), dtype=bool)
    for finger, own in enumerate(_JOINTED):
        others = np.delete(_JOINTED, finger, axis=0).ravel()
        gap = points[:, :, own, None] - points[:, :, None, others]
        near = (gap[..., 0] ** 2 + gap[..., 1] ** 2 < HIDES_WITHIN**2) & (gap[..., 2] > 0.03)
        behind[:, :, finger] = near.any(axis=-1)
    return behind


def detect(
    widths: Float[np.ndarray, "N T V 3"],
    size: Float[np.ndarray, "N T"],
    rng: np.random.Generator,
    difficulty: float,
) -> Float[np.ndarray, "N T V 3"]:
    """Returns the points as a detector reports them: moved, and NaN where it found none.

    `size` is one hand length in picture widths. Every clip keeps at least one frame that is seen.
    """
    behind = hidden(widths, size)
    found = _slip(widths, behind, rng, difficulty)
    found = found + difficulty * size[..., None, None] * _jitter(found, rng)
    found[..., 2] *= np.exp(difficulty * rng.normal(0, 0.12, size=(len(found), 1, 1)))
    found[..., 2] -= found[..., :1, 2]
    found[_missed(behind, rng, difficulty)] = np.nan
    return found


def lose(found: Float[np.ndarray, "N T V 3"], rng: np.random.Generator, share: float) -> NDArray[np.float64]:
    """Returns the points without the hand in so large a share of the frames, a run of up to twice that in each clip.

    Every clip keeps a frame that is seen, if it had one.
    """
    num_clips, num_frames = found.shape[:2]
    length = np.floor(rng.uniform(0, 2 * share, num_clips) * num_frames + rng.random(num_clips)).astype(np.int64)
    start = np.floor(rng.random(num_clips) * (num_frames - length + 1)).astype(np.int64)[:, None]
    frame = np.arange(num_frames)
    lost = (frame >= start) & (frame < start + length[:, None])
    seen = ~np.isnan(found).any(axis=(2, 3))
    lost &= (seen & ~lost).any(axis=1, keepdims=True)
    return np.where(lost[..., None, None], np.nan, found)


def _slip(
    widths: NDArray[np.float64], behind: NDArray[np.bool_], rng: np.random.Generator, difficulty: float
) -> NDArray[np.float64]:
    """Moves hidden fingers onto a neighbour for a run of frames, wholly or in part."""
    num_clips, num_frames = widths.shape[:2]
    slips = rng.random((num_clips, 5)) < min(difficulty * SLIPS, 1.0) * behind.mean(axis=(1, 3))
    onto = np.where(rng.random((num_clips, 5)) < 0.5, _NEIGHBOURS[:, 0], _NEIGHBOURS[:, 1])
    share = rng.uniform(0.4, 1.0, size=(num_clips, 5))
    run = _run(rng, (num_clips, 5), num_frames, rng.integers(1, num_frames + 1, size=(num_clips, 5)))
    weight = (share * slips)[:, None] * np.moveaxis(run, -1, 1)
    own = widths[:, :, _JOINTED]
    target = np.take_along_axis(own, onto[:, None, :, None, None], axis=2)
    out = widths.copy()
    out[:, :, _JOINTED] = own + weight[..., None, None] * (target - own)
    return out


def _jitter(widths: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Correlated over time; larger where a bone points at the camera, and in z."""
    noise = rng.normal(0, JITTER, size=widths.shape)
    for frame in range(1, widths.shape[1]):
        noise[:, frame] = MEMORY * noise[:, frame - 1] + np.sqrt(1 - MEMORY**2) * noise[:, frame]
    noise += rng.normal(0, BIAS, size=(len(widths), 1, *widths.shape[2:]))
    noise[..., 2] *= DEPTH_FACTOR
    bones = np.diff(widths[:, :, _CHAINS], axis=3)
    towards = np.abs(bones[..., 2]) / np.maximum(np.linalg.norm(bones, axis=-1), 1e-9)
    noise[:, :, _JOINTED] *= 1 + 1.2 * towards[..., None]
    return noise


def _missed(behind: NDArray[np.bool_], rng: np.random.Generator, difficulty: float) -> NDArray[np.bool_]:
    """Marks single points, and runs of up to three frames, that were not found; one frame of each clip is spared."""
    num_clips, num_frames = behind.shape[:2]
    chance = np.full((num_clips, num_frames, 21), POINT_MISSES[0])
    chance[:, :, _JOINTED] += POINT_MISSES[1] * behind
    missed = rng.random(chance.shape) < difficulty * chance
    gap = rng.random(num_clips) < difficulty * GAPS
    run = _run(rng, (num_clips,), num_frames, rng.integers(1, 4, size=num_clips))
    missed |= (gap[:, None] & run)[..., None]
    missed[np.arange(num_clips), rng.integers(num_frames, size=num_clips)] = False
    return missed


def _run(
    rng: np.random.Generator, shape: tuple[int, ...], num_frames: int, length: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Marks one run of neighbouring frames each, [*shape, T]."""
    start = rng.integers(num_frames, size=shape)[..., None]
    frame = np.arange(num_frames)
    return (frame >= start) & (frame < start + length[..., None])
