"""Pictures out of files: upright, in square pixels, at their times.

A file is opened here and handed to the decoder, so that its name means nothing, be it `img%03d.jpg` or not even text,
and a playlist that calls itself .mp4 opens neither another file nor an address.
"""

from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.unreadable import opened, too_long
from pipeline.params.data import Detection


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture [height, width, 3].

    time_s  from the recording's beginning
    rows    frames of the clip that it stands for: more than one where `fps` is above the recording's own
    """

    rgb: NDArray[np.uint8]
    time_s: Fraction = Fraction(0)
    rows: int = 1

    @property
    def aspect(self) -> float:
        return self.rgb.shape[1] / self.rgb.shape[0]


def pictures(
    path: Path, detection: Detection, start: float | None = None, end: float | None = None
) -> Generator[Picture, None, None]:
    """Yields the pictures of a recording from `start` seconds up to `end`, at `detection.fps` a second.

    Raises: UnreadableError, also after some pictures.
    """
    from pipeline.detect.recording import Recording
    from pipeline.detect.resampling import kept

    begin, stop = (None if second is None else Fraction(str(second)) for second in (start, end))
    with opened(path) as file, Recording(file, detection, begin or Fraction(0), stop) as recording:
        rows = 0
        for time, frame, count in kept(recording.frames(), detection.fps):
            if (rows := rows + count) > detection.max_frames:
                raise too_long("too many frames", detection)
            yield Picture(rgb=recording.upright(frame), time_s=time, rows=count)


def photograph(path: Path, detection: Detection) -> Picture:
    """Reads one picture, turned as its camera says.

    Raises: UnreadableError.
    """
    from pipeline.detect.photograph import read

    with opened(path) as file:
        return Picture(rgb=read(file, detection))
