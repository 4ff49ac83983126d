"""What MediaPipe Holistic does wrong: jitter, doubtful depth, hands that come and go, legs that it only guesses.

A hand is found whole or not at all; the pose is found whole, with its points outside of the picture guessed. Sizes are
in shoulder widths as they appear in the picture. Medians were set by eye against recordings of webcams: hands flicker
when they are fast, low or one behind the other; the pose's wrists lie beside the hands'; its depth is overstated.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from pipeline.skeleton import skeleton
from pipeline.sources.wander import wander

HAND_JITTER = 0.0035  # standard deviation of x and y in one frame
POSE_JITTER = {"hip": 0.015, "knee": 0.02, "ankle": 0.03, "heel": 0.03, "foot_index": 0.03}
POSE_JITTER |= {"elbow": 0.008, "wrist": 0.01, "pinky": 0.012, "index": 0.012, "thumb": 0.012}
POSE_JITTER_ELSEWHERE = 0.004
HAND_BIAS, POSE_BIAS = 2.0, 4.0  # of a point through a clip, in jitters
GUESSED = 3.0  # by which what lies outside of the picture is less sure
MEMORY = np.array([0.64, 0.5, 0.39, 0.3, 0.24, 0.18])  # a frame's jitter is a mean of these of the frames before
HAND_DEPTH, POSE_DEPTH = 2.5, 6.0  # by which z is less sure than x and y
POSE_DEPTH_GAIN = (np.log(2.4), 0.15)  # of the log: the pose's z against the truth
HAND_DEPTH_GAIN = 0.12

FAST = (9.0, 24.0)  # hand lengths a second at which a hand begins to be lost, and at which it is as often as may be
FAST_LOST = 0.25
OUTSIDE_LOST = (0.4, 0.15)  # share of a hand's points outside at which it is lost, and how that varies over time
HIDDEN_WITHIN = 0.3  # shoulder widths between two hands' middles: the farther one may be lost
RUNS = 0.10  # share of clips, for each hand, in which it is lost for no reason
RUN_FRAMES = (2, 8)
FRAMES_LOST = (0.03, 3)  # share of clips with a run of frames without anybody, and the longest such run
STEP = 8192  # parts of a picture that coordinates are rounded to: a tenth of a pixel; the rest of the digits is noise

_HOLISTIC = skeleton("holistic")
_HANDS = [_HOLISTIC.part(name) for name in ("left_hand", "right_hand")]
_MIDDLES = _HOLISTIC.indices("left_hand_middle_mcp", "right_hand_middle_mcp")
_POSE = _HOLISTIC.part("pose")


def _jitters() -> NDArray[np.float64]:
    jitter = np.full(len(_HOLISTIC.points), HAND_JITTER)
    for point in _HOLISTIC.parts["pose"]:
        jitter[_HOLISTIC.index(point)] = POSE_JITTER.get(
            point.removeprefix("pose_left_").removeprefix("pose_right_"), POSE_JITTER_ELSEWHERE
        )
    return jitter


def detect(
    picture: Float[np.ndarray, "R 75 3"],
    scale: Float[np.ndarray, "R"],
    aspect: Float[np.ndarray, "R"],
    clip: Int[np.ndarray, "R"],
    seconds: Float[np.ndarray, "R"],
    rng: np.random.Generator,
    difficulty: float,
) -> Float[np.ndarray, "R 75 3"]:
    """Returns picture coordinates as a detector reports them: moved, and NaN where it found no hand or nobody.

    `scale` is one shoulder width in picture widths. Every clip of more than three frames keeps one with a pose.
    """
    outside = np.any((picture[..., :2] < 0) | (picture[..., :2] > 1), axis=-1, keepdims=False)
    found = picture.copy()
    _misjudge_depth(found, clip, rng, difficulty)
    found += difficulty * _jitter(outside, scale, aspect, clip, rng)
    for hand in _HANDS:
        found[:, hand, 2] -= found[:, hand[:1], 2]
    found = np.round(found * STEP) / STEP
    lost = hands_lost(picture, outside, scale, aspect, clip, seconds, rng, difficulty)
    for number, hand in enumerate(_HANDS):
        found[:, hand] = np.where(lost[:, number, None, None], np.nan, found[:, hand])
    found[_run(clip, rng, difficulty * FRAMES_LOST[0], (1, FRAMES_LOST[1]))] = np.nan
    return found


def hands_lost(
    picture: NDArray[np.float64],
    outside: NDArray[np.bool_],
    scale: NDArray[np.float64],
    aspect: NDArray[np.float64],
    clip: NDArray[np.int64],
    seconds: NDArray[np.float64],
    rng: np.random.Generator,
    difficulty: float,
) -> Bool[np.ndarray, "R 2"]:
    """Marks the left and the right hand where they are not found; at difficulty 0 they always are."""
    luck = wander(rng, clip, seconds, (2,))
    chance = rng.random(luck.shape)
    gone = np.stack([outside[:, hand].mean(axis=1) for hand in _HANDS], axis=1)
    flat = picture[:, _MIDDLES, :2] * np.stack([np.ones_like(aspect), 1 / aspect], axis=-1)[:, None]
    flat = flat / scale[:, None, None]
    speed = np.zeros(luck.shape)
    same = clip[1:] == clip[:-1]
    passed = np.where(same, seconds[1:] - seconds[:-1], 1.0)
    speed[1:] = (np.linalg.norm(flat[1:] - flat[:-1], axis=-1) / passed[:, None]) * same[:, None] / 0.5
    blurred = difficulty * FAST_LOST * np.clip((speed - FAST[0]) / (FAST[1] - FAST[0]), 0, 1)
    near = np.linalg.norm(flat[:, 0] - flat[:, 1], axis=-1) < HIDDEN_WITHIN
    wrists = picture[:, [_POSE[15], _POSE[16]], 2]
    behind = near[:, None] & (wrists > wrists[:, ::-1])
    lost = chance < blurred
    lost |= behind & (luck > 1.3 - 0.3 * difficulty)
    lost |= np.stack([_run(clip, rng, difficulty * RUNS, RUN_FRAMES) for _ in _HANDS], axis=1)
    if difficulty:
        lost |= gone > OUTSIDE_LOST[0] + OUTSIDE_LOST[1] * luck
    return lost


def _misjudge_depth(
    found: NDArray[np.float64], clip: NDArray[np.int64], rng: np.random.Generator, difficulty: float
) -> None:
    num_clips = int(clip[-1]) + 1
    mean, spread = POSE_DEPTH_GAIN
    found[:, _POSE, 2] *= np.exp(difficulty * rng.normal(mean, spread, num_clips))[clip][:, None]
    for hand in _HANDS:
        found[:, hand, 2] *= np.exp(difficulty * rng.normal(0, HAND_DEPTH_GAIN, num_clips))[clip][:, None]


def _jitter(
    outside: NDArray[np.bool_],
    scale: NDArray[np.float64],
    aspect: NDArray[np.float64],
    clip: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Correlated over time; larger in z, and where a point is guessed. One clip's runs over into the next one's."""
    shape = (len(clip), len(_HOLISTIC.points), 3)
    white = rng.standard_normal((shape[0] + len(MEMORY), *shape[1:]), dtype=np.float32)
    weights = (MEMORY / np.linalg.norm(MEMORY)).astype(np.float32)
    noise = weights[0] * white[len(MEMORY) :]
    for lag, weight in enumerate(weights[1:], 1):
        noise += weight * white[len(MEMORY) - lag : -lag]
    noise += (_BIAS * rng.standard_normal((int(clip[-1]) + 1, *shape[1:]), dtype=np.float32))[clip]
    size = (_JITTERS * np.where(outside, GUESSED, 1.0) * scale[:, None]).astype(np.float32)
    noise[..., 0] *= size
    noise[..., 1] *= size * aspect[:, None].astype(np.float32)
    noise[..., 2] *= size * _DEPTH
    return noise


def _run(
    clip: NDArray[np.int64], rng: np.random.Generator, share: float, frames: tuple[int, int]
) -> Bool[np.ndarray, "R"]:
    """Marks one run of neighbouring frames in a share of the clips."""
    lengths = np.bincount(clip)
    first = np.cumsum(lengths) - lengths
    starts = first + (rng.random(len(lengths)) * lengths).astype(int)
    stops = starts + rng.integers(frames[0], frames[1] + 1, len(lengths))
    hit = rng.random(len(lengths)) < share
    row = np.arange(len(clip))
    return hit[clip] & (row >= starts[clip]) & (row < stops[clip])


_JITTERS = _jitters()
_DEPTH = np.full(len(_HOLISTIC.points), HAND_DEPTH, np.float32)
_DEPTH[_POSE] = POSE_DEPTH
_BIAS = np.full((len(_HOLISTIC.points), 1), HAND_BIAS, np.float32)
_BIAS[_POSE] = POSE_BIAS
