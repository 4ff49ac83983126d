"""Pictures in front of the model: a camera's as they come, a file's one after the other."""

import logging
import sys
import time
from collections.abc import Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.reading import Picture, pictures
from pipeline.detect.unreadable import UnreadableError
from pipeline.errors import InputError
from pipeline.params.data import Detection

log = logging.getLogger(__name__)


def recording(
    path: Path, detection: Detection, *, width: int | None, height: int | None
) -> Generator[Picture, None, None]:
    """Yields a file's pictures, made smaller where they exceed width or height.

    Raises: InputError for a file without pictures; one that breaks off is read until there.
    """
    number = 0
    try:
        for picture in pictures(path, detection):
            number += 1
            yield Picture(rgb=within(picture.rgb, width, height), time_s=picture.time_s)
    except UnreadableError as error:
        if number == 0:
            raise InputError(f"'{path}' shows nothing: {error}") from None
        log.warning("'%s' breaks off after %d pictures: %s", path, number, error)


def camera(number: int, *, width: int | None, height: int | None) -> Generator[Picture, None, None]:
    """Yields a camera's pictures until it gives no more; it is asked for this size, and may answer with another.

    Raises: InputError where nothing opens, or it opens and gives no picture.
    """
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what it says of a missing camera, we say
    device = cv2.VideoCapture(number)
    try:
        if not device.isOpened():
            raise InputError(f"no camera {number}: nothing opens there. {_cameras()}")
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # pictures that wait are old when they are shown
        for name, size in ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height)):
            if size is not None:
                device.set(name, size)
        yield from taken(device, number)
    finally:
        device.release()


def taken(device: Any, number: int) -> Generator[Picture, None, None]:
    """Yields what an opened cv2.VideoCapture gives, at the times at which it came."""
    begun, count = time.monotonic(), 0
    while True:
        taken, bgr = device.read()
        if not taken:
            break
        count += 1
        milliseconds = round((time.monotonic() - begun) * 1000)
        yield Picture(rgb=np.ascontiguousarray(bgr[..., ::-1]), time_s=Fraction(milliseconds, 1000))
    if count == 0:
        raise InputError(f"camera {number} opens and gives no picture: another program may have it. {_cameras()}")
    log.warning("camera %d gave no more pictures after %d.", number, count)


def turned(mirrored: Generator[Picture, None, None]) -> Generator[Picture, None, None]:
    """Yields pictures that were a mirror's as the camera saw them: else every hand in them is the other one."""
    with closing(mirrored):
        for picture in mirrored:
            yield Picture(rgb=np.ascontiguousarray(picture.rgb[:, ::-1]), time_s=picture.time_s)


def _cameras() -> str:
    """Says what to do, and on Linux which cameras there are."""
    remedy = "Give another --camera, or a FILE."
    if sys.platform != "linux":
        return remedy
    found = sorted(int(path.name[5:]) for path in Path("/dev").glob("video[0-9]*"))
    if not found:
        return "This machine has none (no /dev/video*): plug one in, or give a FILE."
    return f"There are: {', '.join(map(str, found))}; you may have to be in the group `video`. {remedy}"


def within(rgb: NDArray[np.uint8], width: int | None, height: int | None) -> NDArray[np.uint8]:
    """Returns the picture no larger than width and height, of the same aspect."""
    import cv2

    shares = [limit / size for limit, size in ((height, rgb.shape[0]), (width, rgb.shape[1])) if limit is not None]
    share = min([1.0, *shares])
    if share == 1:
        return rgb
    size = (max(2, round(rgb.shape[1] * share)), max(2, round(rgb.shape[0] * share)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
