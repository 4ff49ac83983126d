"""A kept clip as bytes: landmarks as they came, and what was said of them."""

import io
import zlib
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton

SAID = ("fps", "aspect", "handedness")
POINTS = {len(skeleton(name).points): name for name in ("hand", "holistic")}


def pack(landmarks: NDArray[np.float32], *, aspect: float, fps: float, handedness: float) -> bytes:
    """Packs one clip [T, V, 3], NaN where not seen; fps and handedness NaN where unknown."""
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        landmarks=landmarks.astype(np.float32),
        aspect=np.asarray(aspect, np.float32),
        fps=np.asarray(fps, np.float32),
        handedness=np.asarray(handedness, np.float32),
    )
    return stream.getvalue()


def unpack(clip: bytes, id: str = "") -> Samples:
    """Returns a packed clip as samples of one, its class not known.

    Raises: InputError for bytes that `pack` did not make.
    """
    try:
        with np.load(io.BytesIO(clip), allow_pickle=False) as found:  # arrays alone: nothing is unpickled
            landmarks, (fps, aspect, handedness) = found["landmarks"], (float(found[name]) for name in SAID)
    except (ValueError, TypeError, KeyError, EOFError, OSError, BadZipFile, zlib.error) as error:
        raise InputError(
            f"the kept input of '{id}' cannot be read: {error}. Erase it: signloop log erase --id"
        ) from None
    if landmarks.ndim != 3 or landmarks.shape[1] not in POINTS or landmarks.shape[2] != 3 or not len(landmarks):
        raise InputError(
            f"the kept input of '{id}': expected [frames, {' or '.join(map(str, POINTS))}, 3], got "
            f"{list(landmarks.shape)}. Erase it: signloop log erase --id"
        )
    return from_clips(
        [landmarks],
        target=[0],
        group=[""],
        ids=[id],
        fps=fps,
        aspect=aspect,
        handedness=handedness,
        class_names=("",),
        skeleton=POINTS[landmarks.shape[1]],
    )
