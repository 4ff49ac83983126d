"""MediaPipe's HandLandmarker and PoseLandmarker side by side; nothing else imports mediapipe.

Mode `video` remembers the pictures before, so that each clip takes fresh landmarkers; mode `image` remembers nothing.
Close them: one that is collected when the interpreter ends raises from its own destructor.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.found import Frame, Hand, Pose
from pipeline.params.data import Detection


class Landmarkers:
    """Looks at one picture after the other; a context manager.

    bundles  by name, as `bundles.found` returns them; for `points: hand` the hand's alone
    """

    def __init__(self, detection: Detection, bundles: Mapping[str, Path]) -> None:
        self._video = detection.mode == "video"
        self._last_ms = -1
        with ExitStack() as opened:
            self._hand = opened.enter_context(_hand_landmarker(detection, bundles["hand_landmarker"]))
            holistic = detection.points == "holistic"
            pose = _pose_landmarker(detection, bundles["pose_landmarker"]) if holistic else None
            self._pose = opened.enter_context(pose) if pose else None
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def frame(self, rgb: NDArray[np.uint8], timestamp_ms: int) -> Frame:
        """Finds hands and pose in an upright picture [height, width, 3].

        timestamp_ms is of mode `video` alone; where it does not increase, the millisecond after the last one is taken.
        """
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

        self._last_ms = max(timestamp_ms, self._last_ms + 1)
        # MediaPipe reads the bytes from their first on, whatever strides a turned or cropped array has
        image = Image(ImageFormat.SRGB, np.ascontiguousarray(rgb))
        pose = None if self._pose is None else _pose(self._look(self._pose, image))
        return Frame(hands=_hands(self._look(self._hand, image)), pose=pose)

    def _look(self, landmarker: Any, image: Any) -> Any:
        return landmarker.detect_for_video(image, self._last_ms) if self._video else landmarker.detect(image)


def _hand_landmarker(detection: Detection, bundle: Path) -> Any:
    from mediapipe.tasks.python import vision

    options = vision.HandLandmarkerOptions(
        **_common(detection, bundle),
        num_hands=detection.num_hands,
        min_hand_detection_confidence=detection.hand_confidence,
        min_hand_presence_confidence=detection.presence,
    )
    return vision.HandLandmarker.create_from_options(options)


def _pose_landmarker(detection: Detection, bundle: Path) -> Any:
    from mediapipe.tasks.python import vision

    options = vision.PoseLandmarkerOptions(
        **_common(detection, bundle),
        num_poses=1,
        min_pose_detection_confidence=detection.pose_confidence,
        min_pose_presence_confidence=detection.presence,
    )
    return vision.PoseLandmarker.create_from_options(options)


def _common(detection: Detection, bundle: Path) -> dict[str, Any]:
    from mediapipe.tasks.python import BaseOptions, vision

    mode = vision.RunningMode.VIDEO if detection.mode == "video" else vision.RunningMode.IMAGE
    return {
        "base_options": BaseOptions(model_asset_path=str(bundle)),
        "running_mode": mode,
        "min_tracking_confidence": detection.tracking,
    }


def _hands(result: Any) -> tuple[Hand, ...]:
    sides = [categories[0] for categories in result.handedness]
    return tuple(
        Hand(
            points=_points(points),
            world=_points(world),
            right=side.score if side.category_name == "Right" else 1 - side.score,
        )
        for points, world, side in zip(result.hand_landmarks, result.hand_world_landmarks, sides, strict=True)
    )


def _pose(result: Any) -> Pose | None:
    if not result.pose_landmarks:
        return None
    points = result.pose_landmarks[0]
    return Pose(
        points=_points(points),
        world=_points(result.pose_world_landmarks[0]),
        visibility=np.asarray([point.visibility for point in points], np.float32),
    )


def _points(landmarks: Any) -> NDArray[np.float32]:
    return np.asarray([(point.x, point.y, point.z) for point in landmarks], np.float32)
