"""A camera before a hand: from points in hand lengths to picture coordinates as MediaPipe Hands gives them.

x / width, y / height (y down), and z on x's scale relative to the wrist, negative towards the camera. So a length is
only a length after x and z have been multiplied by the aspect. Cameras that mirror the picture (a selfie view) are left
out: a source that has them must say so by `handedness`, which this one always knows.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from pipeline.sources import kinematic_hand

ASPECTS = (4 / 3, 16 / 9, 1.0, 9 / 16, 3 / 4)
ASPECT_SHARES = (0.4, 0.3, 0.1, 0.15, 0.05)
DISTANCE = 4.2  # hand lengths: about 75 cm, an arm's length and a half
FIELD_OF_VIEW = 60.0  # degrees over the picture's longer side, as webcams and phones have


@dataclass(frozen=True, kw_only=True)
class Camera:
    """One camera a clip; it does not move within the clip.

    rotation  [N, 3] degrees, the hand as the camera sees it: yaw, pitch, roll, as kinematic_hand.orientation turns
    distance  [N] hand lengths from the camera to the hand's middle
    focal     [N] focal length in picture widths
    aspect    [N] picture width / height
    """

    rotation: NDArray[np.float64]
    distance: NDArray[np.float64]
    focal: NDArray[np.float64]
    aspect: NDArray[np.float64]


def draw(
    rng: np.random.Generator, num_clips: int, difficulty: float, view_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Camera:
    """Draws one signer's cameras: one place and one device, moved a little from clip to clip; at 0 straight ahead.

    `view_deg` is yaw, pitch and roll by which all of them stand elsewhere.
    """
    own, each = rng.normal(size=5), rng.normal(size=(num_clips, 5))
    spread = difficulty * (own * [24, 28, 8, 0.3, 0.12] + each * [14, 18, 6, 0.12, 0])
    aspect = np.full(num_clips, rng.choice(ASPECTS, p=ASPECT_SHARES))
    field_of_view = np.clip(FIELD_OF_VIEW * np.exp(spread[:, 4]), 30, 100)
    return Camera(
        rotation=np.clip(spread[:, :3], -60, 60) + view_deg,
        distance=np.clip(DISTANCE * np.exp(spread[:, 3]), 2.2, 12),
        focal=0.5 / np.tan(np.radians(field_of_view) / 2) * np.maximum(1.0, 1.0 / aspect),
        aspect=aspect,
    )


def project(points: Float[np.ndarray, "N T V 3"], camera: Camera) -> Float[np.ndarray, "N T V 3"]:
    """Returns points in picture widths, x and y from the optical axis, z from the wrist (point 0)."""
    middle = points.mean(axis=(1, 2), keepdims=True)
    rotation = kinematic_hand.orientation(camera.rotation)[:, None]
    seen = kinematic_hand.rotate(points - middle, rotation)
    depth = np.maximum(seen[..., 2] + camera.distance[:, None, None], 0.5)
    focal = camera.focal[:, None, None]
    z = (depth - depth[..., :1]) * focal / depth[..., :1]
    return np.stack([seen[..., 0] * focal / depth, seen[..., 1] * focal / depth, z], axis=-1)


def place(
    widths: Float[np.ndarray, "N T V 3"], camera: Camera, rng: np.random.Generator, difficulty: float
) -> Float[np.ndarray, "N T V 3"]:
    """Returns picture coordinates, with the whole clip inside the picture where it fits.

    At difficulty 0 that is in the middle. It is the picture that is cropped elsewhere, not the hand that is moved: the
    perspective stays as it was.
    """
    picture = widths.copy()
    picture[..., 1] *= camera.aspect[:, None, None]
    low, high = np.nanmin(picture[..., :2], axis=(1, 2)), np.nanmax(picture[..., :2], axis=(1, 2))
    room = np.maximum(1.0 - (high - low), 0.0)
    where = 0.5 + min(difficulty, 1.0) * (rng.uniform(0.1, 0.9, size=room.shape) - 0.5)
    picture[..., :2] += (where * room + 0.5 * np.minimum(1.0 - (high - low), 0.0) - low)[:, None, None]
    return picture
