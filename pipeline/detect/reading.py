"""Pictures out of files: upright, in square pixels, at their times; what is wrong with a file that gives none.

A file is opened here and handed to the decoder, so that its name means nothing, be it `img%03d.jpg` or not even text,
and a playlist that calls itself .mp4 opens neither another file nor an address.
"""

import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.detected import Failure, Kind
from pipeline.errors import InputError
from pipeline.params.data import Detection


class UnreadableError(InputError):
    """A file that gives no pictures, with the Failure that says so."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(kind, reason)


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


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file that has bytes.

    Raises: UnreadableError; what the disk fails at while it is read is one too.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait for whoever writes to it
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            raise UnreadableError("no video", f"it is {what}, not a file. Take it out of the recordings.")
        if not status.st_size:
            raise UnreadableError("empty", "the file has no bytes. Copy it again.")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        what = "it is a link to nowhere" if path.is_symlink() else "there is no such file"
        raise UnreadableError("missing", f"{what}. Copy it there, or take it out of the list.") from None
    except PermissionError:
        raise UnreadableError(
            "forbidden", "it may not be read. Give the reading user the right to its file and folders."
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise UnreadableError("corrupt", f"the disk does not give it: {why}. Copy it again.") from None


def too_many_pixels(width: int, height: int, detection: Detection) -> UnreadableError:
    return UnreadableError(
        "too large",
        f"its pictures have {width:,} × {height:,} pixels, more than detection.max_pixels ({detection.max_pixels:,}). "
        "Make it smaller, or raise the limit.",
    )


def too_long(what: str, detection: Detection) -> UnreadableError:
    return UnreadableError(
        "too large",
        f"it has {what}: detection.max_frames is {detection.max_frames:,}. Cut it into clips, set detection.fps, or "
        "raise the limit.",
    )
