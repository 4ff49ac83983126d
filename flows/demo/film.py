"""An annotated video, written picture by picture: H.264 in mp4, at the times at which the pictures came."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing

TICKS = 1000  # a second
RATE = 30  # that the file names; each picture carries its own time
ENCODERS = ("libx264", "libopenh264", "mpeg4")  # the first that PyAV's build has

Write = Callable[[NDArray[np.uint8], float], None]


@contextmanager
def film(path: Path) -> Iterator[Write]:
    """Yields a function that takes a picture [height, width, 3] and its time in seconds; all are of the first's size.

    Raises: InputError for another ending than .mp4, a folder that cannot be written, and when no picture came.
    """
    import av

    if path.suffix.lower() != ".mp4":
        raise InputError(f"'{path}': expected a name that ends in .mp4 for the annotated video.")
    try:
        with replacing(path) as beside, av.open(str(beside), "w", format="mp4") as container:
            track = _Track(container)
            yield track.write
            if track.stream is None:
                raise InputError(f"no picture came, so '{path}' was not written. Give a recording that has some.")
            container.mux(track.stream.encode())
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {error.strerror or error}. Give another -o.") from None


class _Track:
    def __init__(self, container: Any) -> None:
        self.container = container
        self.stream: Any = None
        self.last = -1

    def write(self, rgb: NDArray[np.uint8], time_s: float) -> None:
        import av

        height, width = (side - side % 2 for side in rgb.shape[:2])  # colours are stored for two by two pixels
        if self.stream is None:
            self.stream = self.container.add_stream(_encoder(), rate=RATE)
            self.stream.width, self.stream.height, self.stream.pix_fmt = width, height, "yuv420p"
            self.stream.codec_context.time_base = Fraction(1, TICKS)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:height, :width]), format="rgb24")
        self.last = max(self.last + 1, round(time_s * TICKS))
        frame.pts, frame.time_base = self.last, Fraction(1, TICKS)
        self.container.mux(self.stream.encode(frame))


def _encoder() -> str:
    import av

    return next(name for name in ENCODERS if name in av.codecs_available)
