"""Clips of one length as a model takes them, and the bounds that a request keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton

Floats = NDArray[np.float32]
PICTURE = ("aspect", "fps", "handedness")


@dataclass(frozen=True, kw_only=True)
class Clips:
    """B clips of T frames.

    landmarks   [B, T, V, 3], normalised by picture width and height; NaN where not seen
    aspect      [B], picture width / height
    fps         [B], frames per second, NaN unknown
    handedness  [B], 1 right, 0 left, NaN unknown
    """

    landmarks: Floats
    aspect: Floats
    fps: Floats
    handedness: Floats

    def __len__(self) -> int:
        return len(self.landmarks)

    @property
    def frames(self) -> int:
        return self.landmarks.shape[1]

    def feeds(self) -> dict[str, Floats]:
        return {name: getattr(self, name) for name in ("landmarks", *PICTURE)}

    def samples(self, points: str) -> Samples:
        """Returns the clips as the pipeline knows them, without labels; `points` names their skeleton."""
        count = range(len(self))
        return from_clips(
            self.landmarks,
            target=[0 for _ in count],
            group=["" for _ in count],
            ids=[str(i) for i in count],
            fps=self.fps,
            aspect=self.aspect,
            handedness=self.handedness,
            class_names=("",),
            skeleton=points,
        )


def joined(parts: Sequence[Clips]) -> Clips:
    """Returns clips of one length as one batch."""
    if len(parts) == 1:
        return parts[0]
    return Clips(**{name: np.concatenate([p.feeds()[name] for p in parts]) for name in ("landmarks", *PICTURE)})


def checked(landmarks: Floats, points: str, **picture: Floats | float | None) -> Clips:
    """Returns clips [B, T, V, 3] with what is known of the picture; a single value stands for every clip.

    Raises: InputError for another shape, an infinite number, or a picture that cannot be.
    """
    number = len(skeleton(points).points)
    if landmarks.ndim != 4 or landmarks.shape[2:] != (number, 3) or 0 in landmarks.shape:
        raise InputError(f"landmarks: expected [clips, frames, {number}, 3], got {list(landmarks.shape)}.")
    if np.isinf(landmarks).any():
        raise InputError("landmarks: expected finite numbers, got an infinite one. Send null where nothing was seen.")
    unknown = {"aspect": 1.0, "fps": np.nan, "handedness": np.nan}
    each = {name: _each(picture.get(name), name, len(landmarks), unknown[name]) for name in PICTURE}
    if not ((each["aspect"] > 0) & np.isfinite(each["aspect"])).all():
        raise InputError("aspect: expected picture width / height above 0.")
    if not (np.isnan(each["fps"]) | ((each["fps"] > 0) & np.isfinite(each["fps"]))).all():
        raise InputError("fps: expected frames per second above 0, or null where it is unknown.")
    if not (np.isnan(each["handedness"]) | ((each["handedness"] >= 0) & (each["handedness"] <= 1))).all():
        raise InputError("handedness: expected 1 (right), 0 (left), or null where it is unknown.")
    return Clips(landmarks=np.ascontiguousarray(landmarks, np.float32), **each)


def _each(value: Floats | float | None, name: str, count: int, unknown: float) -> Floats:
    if value is None:
        return np.full(count, unknown, np.float32)
    values = np.asarray(value, np.float32).reshape(-1)
    if len(values) not in (1, count):
        raise InputError(f"{name}: expected one number, or one for each of {count} clip(s), got {len(values)}.")
    return np.ascontiguousarray(np.broadcast_to(values, count))
