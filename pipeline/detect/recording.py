"""The frames of a video file with their times, by PyAV; how a broken one is told from a whole one."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import IO, Any, Self

import av
import numpy as np
from av.error import FFmpegError
from av.stream import Disposition
from numpy.typing import NDArray

from pipeline.detect.unreadable import UnreadableError, too_long, too_many_pixels
from pipeline.detect.upright import Matrix, display_matrix, square, upright
from pipeline.detect.wholeness import damage, text
from pipeline.params.data import Detection

UNKNOWN_RATE = Fraction(25)  # where neither frames nor container say when
MAX_BAD = 0.1  # of a recording's frames: above it the damage is no longer a detail
MIN_SHOWN = 0.5  # of the length that a file declares; with broken frames 1 - MAX_BAD
SEEK_FROM_S = 2  # up to here a recording is decoded from its beginning: that is as fast
NOTHING_ELSE = {"protocol_whitelist": "none"}  # what a file refers to is not opened


class Recording:
    """A video file between two times in seconds; a context manager, and its frames are read once.

    Raises: UnreadableError, of what is wrong with the whole file.
    """

    def __init__(self, file: IO[bytes], detection: Detection, begin: Fraction, stop: Fraction | None) -> None:
        self._detection, self._begin, self._stop = detection, begin, stop
        self._damage = damage(file)
        self._size: tuple[int, int] | None = None
        self._turn: tuple[int, Matrix | None] | None = None  # the last frame's rotation, and the matrix it came from
        self._container = self._opened(file)
        try:
            self._stream = self._video()
            self._refuse_too_long()
        except BaseException:
            self._container.close()
            raise

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
        time = Fraction(0)
        for time, frame in self._timed():
            if self._stop is not None and time >= self._stop:
                time = self._stop
                break
            if time < self._begin:
                continue
            if frame is None or frame.is_corrupt:
                bad += 1
                continue
            if self._damage:
                raise UnreadableError("truncated", f"it was cut off: {self._damage}. Copy it again.")
            good += 1
            yield time, frame
        self._judge(good, bad, time)

    def upright(self, frame: Any) -> NDArray[np.uint8]:
        """Returns what a player shows of a frame; a size that changes on the way is made the first one."""
        self._size = self._size or square(frame.width, frame.height, self._stream.sample_aspect_ratio)
        if self._turn is None or self._turn[0] != frame.rotation:
            self._turn = frame.rotation, display_matrix(frame)
        return upright(frame, self._size, self._turn[1])

    def _opened(self, file: IO[bytes]) -> Any:
        try:
            return av.open(file, options=NOTHING_ELSE)
        except FFmpegError:
            self._refuse_cut_off()
            if begins := text(file):
                raise UnreadableError(
                    "no video",
                    f"it is text ('{begins}'), not a recording. Was a page saved in its place? Get it again.",
                ) from None
            raise UnreadableError(
                "no video", "no decoder knows this kind of file. Convert it to mp4 or webm, or copy it again."
            ) from None

    def _refuse_cut_off(self) -> None:
        if self._damage:
            raise UnreadableError("corrupt", f"it was cut off before its pictures: {self._damage}. Copy it again.")

    def _video(self) -> Any:
        """The video stream; a song's cover picture is none."""
        streams = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            self._refuse_cut_off()
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
        with suppress(FFmpegError):
            self._container.seek(zero + int(self._begin / self._stream.time_base), stream=self._stream)

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

    def _judge(self, good: int, bad: int, until: Fraction) -> None:
        if self._damage or (bad and not good):
            what = self._damage or f"none of its {bad:,} frames can be decoded"
            kind = "truncated" if good else "corrupt"
            raise UnreadableError(kind, f"it shows {good:,} frames: {what}. Copy it again.")
        if not good:
            raise UnreadableError("no frames", f"its video has no frames{self._between()}.")
        if bad > MAX_BAD * (good + bad):
            raise UnreadableError("corrupt", f"{bad:,} of its {good + bad:,} frames cannot be decoded. Copy it again.")
        declared = self._declared()
        if declared and until + 1 / self._rate < declared * Fraction(1 - MAX_BAD if bad else MIN_SHOWN):
            raise UnreadableError(
                "truncated", f"it breaks off at {float(until):.1f} s of {float(declared):.1f} s. Copy it again."
            )

    def _between(self) -> str:
        """Says for which part of a recording there were no frames, and what to do about it."""
        if self._stop is None and not self._begin:
            return ". Record it again, or take it out of the list"
        until = "its end" if self._stop is None else f"{float(self._stop):g} s"
        return f" from {float(self._begin):g} s to {until}. Mend start and end in the list"

    def _declared(self) -> Fraction | None:
        """Returns how long the video should be in seconds, or the part that is asked for; None where no one says."""
        lengths = [] if self._stop is None else [self._stop]
        if self._stream.duration is not None:
            lengths.append(self._stream.duration * self._stream.time_base)
        elif len(self._container.streams) > 1:
            return None  # the container's length may be the sound's
        if self._container.duration is None:
            return None
        return min(*lengths, Fraction(self._container.duration, av.time_base), Fraction(10**9))
