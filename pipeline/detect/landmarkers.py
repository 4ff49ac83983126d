"""MediaPipe's HandLandmarker and PoseLandmarker side by side; nothing else imports mediapipe.

Mode `video` remembers the pictures before, so that each clip takes fresh landmarkers. Mode `image` remembers nothing,
and making them costs as much as several pictures: there they are used again.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.found import Frame, Hand, Pose
from pipeline.detect.memory import give_back
from pipeline.detect.quiet import quiet
from pipeline.detect.sealed import without_network
from pipeline.params.data import Detection

_idle: dict[Any, list["Landmarkers"]] = {}
_lock = threading.Lock()


class Landmarkers:
    """Looks at one picture after the other; a context manager.

    bundles  by name, as `bundles.found` returns them; for `points: hand` the hand's alone
    """

    def __init__(self, detection: Detection, bundles: Mapping[str, Path]) -> None:
        self._video = detection.mode == "video"
        self._last_ms = -1
        self._new = True
        self._opened = ExitStack()
        with quiet():
            self._hand, self._pose = without_network(lambda: _made(detection, bundles, self._opened))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Left to the end of the interpreter, MediaPipe's own destructor raises."""
        self._opened.close()
        give_back()

    def frame(self, rgb: NDArray[np.uint8], timestamp_ms: int) -> Frame:
        """Finds hands and pose in an upright picture [height, width, 3].

        timestamp_ms is of mode `video` alone; where it does not increase, the millisecond after the last one is taken.
        """
        if self._new:  # the first picture is greeted too
            self._new = False
            with quiet():
                return self.frame(rgb, timestamp_ms)
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

        self._last_ms = max(timestamp_ms, self._last_ms + 1)
        # MediaPipe reads bytes one after the other, whatever strides a turned or cropped array has
        image = Image(ImageFormat.SRGB, np.ascontiguousarray(rgb))
        pose = None if self._pose is None else _pose(self._look(self._pose, image))
        return Frame(hands=_hands(self._look(self._hand, image)), pose=pose)

    def _look(self, landmarker: Any, image: Any) -> Any:
        return landmarker.detect_for_video(image, self._last_ms) if self._video else landmarker.detect(image)


@contextmanager
def landmarkers(detection: Detection, bundles: Mapping[str, Path]) -> Iterator[Landmarkers]:
    """Yields landmarkers for one clip: fresh ones, or in mode `image` some that this process has already."""
    if detection.mode == "video":
        with Landmarkers(detection, bundles) as fresh:
            yield fresh
        return
    # the threads of a landmarker do not come along into a forked process
    key = os.getpid(), detection, tuple(sorted(bundles.items()))
    with _lock:
        idle = _idle.setdefault(key, [])
        used = idle.pop() if idle else None
    used = used or Landmarkers(detection, bundles)
    _release_at_the_end()
    try:
        yield used
    except BaseException:
        used.close()
        raise
    with _lock:
        idle.append(used)


def release() -> None:
    """Closes the landmarkers that wait for the next picture, so that destructors have nothing to complain of."""
    with _lock:
        for (pid, *_), idle in _idle.items():
            while pid == os.getpid() and idle:
                idle.pop().close()


@cache
def _release_at_the_end() -> None:
    """Has `release` called before executors end, once MediaPipe is imported: it is asked through one of them.

    The public `atexit` may come too late: it calls after those have ended, and then they take nothing more.
    """
    threading._register_atexit(release)  # pyright: ignore[reportAttributeAccessIssue]


def _made(detection: Detection, bundles: Mapping[str, Path], opened: ExitStack) -> tuple[Any, Any]:
    """Makes the hand's landmarker and the pose's, None where no pose is asked for."""
    with ExitStack() as failing:
        hand = failing.enter_context(_hand_landmarker(detection, bundles["hand_landmarker"]))
        holistic = detection.points == "holistic"
        pose = _pose_landmarker(detection, bundles["pose_landmarker"]) if holistic else None
        if pose:
            failing.enter_context(pose)
        opened.enter_context(failing.pop_all())
    return hand, pose


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
