"""A camera before a signer: from points in shoulder widths to picture coordinates as MediaPipe Holistic gives them.

x / width, y / height (y down), and z on x's scale: the pose's relative to the hips' middle, a hand's to its own wrist,
negative towards the camera. What lies outside of the picture has coordinates below 0 or above 1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from pipeline.skeleton import skeleton
from pipeline.sources import kinematic_hand
from pipeline.sources.camera import ASPECT_SHARES, ASPECTS, FIELD_OF_VIEW

DISTANCE = 3.5  # shoulder widths: 1.25 m, from above the head to the belly in a picture of 4:3
AIM = np.array([0.0, -0.15])  # below the chin; hands that hang are out of the picture
NEAREST = 0.4  # depth at which nearer points stay: nothing may be behind the camera
_HOLISTIC = skeleton("holistic")
_WRISTS = {name: _HOLISTIC.index(f"{name}_wrist") for name in ("left_hand", "right_hand")}
_HIPS = _HOLISTIC.indices("pose_left_hip", "pose_right_hip")


@dataclass(frozen=True, kw_only=True)
class Camera:
    """One camera a clip; it does not move within the clip.

    rotation  [N, 3] degrees, the signer as the camera sees them: yaw, pitch, roll, as kinematic_hand.orientation turns
    aim       [N, 2] shoulder widths: which point before the trunk is in the picture's middle
    distance  [N] shoulder widths from the camera to there
    focal     [N] focal length in picture widths
    aspect    [N] picture width / height
    """

    rotation: NDArray[np.float64]
    aim: NDArray[np.float64]
    distance: NDArray[np.float64]
    focal: NDArray[np.float64]
    aspect: NDArray[np.float64]

    @property
    def scale(self) -> NDArray[np.float64]:
        """One shoulder width in picture widths."""
        return self.focal / self.distance


def draw(rng: np.random.Generator, num_clips: int, difficulty: float) -> Camera:
    """Draws one signer's cameras: one place and one device, moved a little from clip to clip; at 0 straight ahead.

    Who has a wide picture sits farther from it.
    """
    own, each = rng.normal(size=7), rng.normal(size=(num_clips, 7))
    spread = difficulty * (own * [12, 8, 3, 0.15, 0.12, 0.16, 0.1] + each * [5, 3, 1.5, 0.06, 0.05, 0.05, 0])
    aspect = np.full(num_clips, rng.choice(ASPECTS, p=ASPECT_SHARES))
    field_of_view = np.clip(FIELD_OF_VIEW * np.exp(spread[:, 6]), 30, 100)
    focal = 0.5 / np.tan(np.radians(field_of_view) / 2) * np.maximum(1.0, 1.0 / aspect)
    room = np.maximum(1.0, aspect / ASPECTS[0])
    return Camera(
        rotation=np.clip(spread[:, :3], -45, 45),
        aim=AIM + spread[:, 3:5],
        distance=np.clip(DISTANCE * room * np.exp(spread[:, 5]), 2.7, 12),
        focal=focal,
        aspect=aspect,
    )


def project(
    points: Float[np.ndarray, "R 75 3"], camera: Camera, clip: Int[np.ndarray, "R"]
) -> Float[np.ndarray, "R 75 3"]:
    """Returns picture coordinates of rows of clips, by each row's clip."""
    seen = kinematic_hand.rotate(points, kinematic_hand.orientation(camera.rotation)[clip])
    seen[..., :2] -= camera.aim[clip][:, None]
    depth = np.maximum(seen[..., 2] + camera.distance[clip][:, None], NEAREST)
    focal = camera.focal[clip][:, None]
    out = np.empty_like(seen)
    out[..., 0] = 0.5 + seen[..., 0] * focal / depth
    out[..., 1] = 0.5 + seen[..., 1] * focal / depth * camera.aspect[clip][:, None]
    pose = _HOLISTIC.part("pose")
    out[:, pose, 2] = (depth[:, pose] - depth[:, _HIPS].mean(axis=1, keepdims=True)) * camera.scale[clip][:, None]
    for name, wrist in _WRISTS.items():
        own = depth[:, _HOLISTIC.part(name)]
        out[:, _HOLISTIC.part(name), 2] = (own - depth[:, [wrist]]) * focal / depth[:, [wrist]]
    return out
