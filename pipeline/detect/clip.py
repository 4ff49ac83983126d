"""One recording, or one photograph, to landmarks.

What is wrong with a file is a value, Failure; what is wrong with the code raises. A clip in which nothing was seen is a
clip: whoever stores clips knows how much must be seen.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.detect.ahead import ahead
from pipeline.detect.detected import Detected, Failure
from pipeline.detect.hands import Row, Signer
from pipeline.detect.landmarkers import Landmarkers, landmarkers
from pipeline.detect.reading import Picture, photograph, pictures
from pipeline.detect.unreadable import UnreadableError
from pipeline.params.data import Detection

VERSION = 1  # of what is made of the same file by the same bundles; a change of the result raises it


def clip(
    path: Path,
    detection: Detection,
    bundles: Mapping[str, Path],
    start: float | None = None,
    end: float | None = None,
) -> Detected | Failure:
    """Detects in a recording, from `start` seconds up to `end`; decoding and detection overlap."""
    try:
        with ahead(pictures(path, detection, start, end)) as shown, landmarkers(detection, bundles) as looking:
            return _detected(shown, detection, looking)
    except UnreadableError as error:
        return error.failure
    except MemoryError:
        return Failure("out of memory", "its pictures do not fit into memory. Make it smaller, or start fewer workers.")


def picture(path: Path, detection: Detection, bundles: Mapping[str, Path]) -> Detected | Failure:
    """Detects in a photograph: a clip of one frame."""
    try:
        shown = photograph(path, detection)
        with landmarkers(detection, bundles) as looking:
            return _detected([shown], detection, looking)
    except UnreadableError as error:
        return error.failure
    except MemoryError:
        return Failure(
            "out of memory", "the picture does not fit into memory. Make it smaller, or start fewer workers."
        )


def _detected(shown: Iterable[Picture], detection: Detection, looking: Landmarkers) -> Detected:
    rows: list[Row] = []
    times: list[Fraction] = []
    signer = aspect = None
    for picture in shown:
        if signer is None:
            aspect = picture.aspect
            signer = Signer(points=detection.points, aspect=aspect)
        row = signer.row(looking.frame(picture.rgb, round(picture.time_s * 1000)))
        rows += [row] * picture.rows
        times.append(picture.time_s)
    assert aspect is not None, "a recording without pictures is a Failure"
    right = np.asarray([row.right for row in rows])
    return Detected(
        values=np.stack([row.values for row in rows]),
        world=np.stack([row.world for row in rows]),
        confidence=np.stack([row.confidence for row in rows]),
        fps=_fps(times, detection),
        aspect=aspect,
        handedness=float("nan") if np.isnan(right).all() else float(np.nanmean(right) > 0.5),
    )


def _fps(times: list[Fraction], detection: Detection) -> float:
    if len(times) < 2:
        return float("nan")
    return detection.fps or float((len(times) - 1) / (times[-1] - times[0]))
