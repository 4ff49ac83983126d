"""The frames of a video file with their times, by PyAV; how a broken one is told from a whole one."""

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import IO, Any, Self

import av
import numpy as np
from av.error import FFmpegError
from av.stream import Disposition
from numpy.typing import NDArray

from pipeline.detect.reading import UnreadableError, too_long, too_many_pixels
from pipeline.detect.upright import upright
from pipeline.detect.wholeness import damage
from pipeline.params.data import Detection

UNKNOWN_RATE = Fraction(25)  # where neither frames nor container say when
MAX_BAD = 0.1  # of a recording's frames: above it the damage is no longer a detail
SEEK_FROM_S = 2  # up to here a recording is decoded from its beginning: that is as fast
NOTHING_ELSE = {"protocol_whitelist": "none"}  # what a file refers to is not opened


class Recording:
    """A video file between two times in seconds; a context manager, and its frames are read once.

    Raises: UnreadableError, of what is wrong with the whole file.
    """

    def __init__(self, file: IO[bytes], detection: Detection, begin: Fraction, stop: Fraction | None) -> None:
        self._detection, self._begin, self._stop = detection, begin, stop
        self._damage = damage(file)
        self._container = self._opened(file)
        try:
            self._stream = self._video()
            self._refuse_too_long()
        except BaseException:
            self._container.close()
            raise
        self._size: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def frames(self) -> Iterator[tuple[Fraction, Any]]:
        """Yields the time of each frame and the frame.

        Raises: UnreadableError when the file breaks off, when too much of it is broken, when it has none.
        """
        if self._begin > SEEK_FROM_S:
            self._seek()
        good = bad = 0
        for time, frame in self._timed():
            if self._stop is not None and time >= self._stop:
                break
            if time < self._begin:
                continue
            if frame is None or frame.is_corrupt:
                bad += 1
                continue
            if self._damage:
                raise UnreadableError("truncated", f"it breaks off: {self._damage}. Copy it again.")
            good += 1
            yield time, frame
        self._judge(good, bad)

    def upright(self, frame: Any) -> NDArray[np.uint8]:
        return upright(frame, self._stream.sample_aspect_ratio)

    def _opened(self, file: IO[bytes]) -> Any:
        try:
            return av.open(file, options=NOTHING_ELSE)
        except FFmpegError as error:
            if isinstance(error, OSError) and not isinstance(error, ValueError):
                raise  # the disk's, not the decoder's
            if self._damage:
                raise UnreadableError("corrupt", f"it was cut off: {self._damage}. Copy it again.") from None
            raise UnreadableError(
                "no video", f"no decoder knows this kind of file ({error.strerror}). Convert it to mp4 or webm."
            ) from None

    def _video(self) -> Any:
        """The video stream; a song's cover picture is none."""
        streams = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            kinds = sorted({stream.type for stream in self._container.streams} - {"video"})
            what = f"{' and '.join(kinds)} but no video" if kinds else "no video"
            raise UnreadableError("no video", f"it has {what}. Take it out of the recordings.")
        stream = streams[0]
        if stream.codec_context is None:
            raise UnreadableError("no video", "no decoder knows its video's codec. Convert it to H.264 or VP9.")
        if stream.width * stream.height > self._detection.max_pixels:
            raise too_many_pixels(stream.width, stream.height, self._detection)
        stream.thread_count = 1  # a worker a core; frames that several threads decode come with their errors mixed up
        return stream

    def _refuse_too_long(self) -> None:
        """What the file says of its length is enough to refuse it before it is decoded."""
        if self._container.duration is None:
            return
        length = Fraction(self._container.duration, av.time_base)
        span = max(min(self._stop or length, length) - self._begin, Fraction(0))
        frames = int(span * Fraction(self._detection.fps or self._rate))
        if frames > self._detection.max_frames * 1.1:  # a declared rate is no more than an estimate
            raise too_long(f"about {frames:,} frames", self._detection)

    @property
    def _rate(self) -> Fraction:
        return self._stream.average_rate or self._stream.guessed_rate or UNKNOWN_RATE

    def _seek(self) -> None:
        """Goes to the last key frame before `begin`; where the file cannot, it is decoded from its beginning."""
        zero = self._stream.start_time or 0
        offset = zero + int(self._begin / self._stream.time_base)
        try:
            self._container.seek(offset, stream=self._stream)
        except FFmpegError:
            self._container.seek(0)

    def _timed(self) -> Iterator[tuple[Fraction, Any]]:
        """Yields each frame with its time from the recording's beginning, which increases; None for a broken one."""
        zero, last = self._stream.start_time, None
        for frame in self._decoded():
            if frame is None:
                yield last or Fraction(0), None
                continue
            if zero is None:
                zero = frame.pts or 0
            time = None if frame.pts is None else (frame.pts - zero) * frame.time_base
            if last is not None and (time is None or time <= last):
                time = last + 1 / self._rate  # no time, or one that was shown already
            last = Fraction(0) if time is None else time
            yield last, frame

    def _decoded(self) -> Iterator[Any]:
        """Yields the frames as they are decoded; None for what cannot be, and again where reading breaks off."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except FFmpegError:
                self._damage = self._damage or "no more can be read"
                return
            try:
                yield from packet.decode()
            except FFmpegError:
                yield None

    def _judge(self, good: int, bad: int) -> None:
        if good and self._damage:
            raise UnreadableError("truncated", f"it breaks off after {good:,} frames: {self._damage}. Copy it again.")
        if self._damage or (bad and not good):
            what = self._damage or f"none of its {bad:,} frames can be decoded"
            raise UnreadableError("corrupt", f"it shows nothing: {what}. Copy it again.")
        if not good:
            where = "" if not self._begin and self._stop is None else f" from {float(self._begin):g} s on"
            if self._stop is not None:
                where = f" between {float(self._begin):g} and {float(self._stop):g} s"
            raise UnreadableError("no frames", f"its video has no frames{where}. Record it again, or mend the list.")
        if bad > MAX_BAD * (good + bad):
            raise UnreadableError("corrupt", f"{bad:,} of its {good + bad:,} frames cannot be decoded. Copy it again.")
