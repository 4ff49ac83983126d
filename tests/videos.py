"""Factories of recordings: real mp4 and webm files of pictures, whole and broken."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

CODECS = {
    ".mp4": "libx264",
    ".mov": "libx264",
    ".mkv": "libx264",
    ".webm": "libvpx-vp9",
    ".avi": "mpeg4",
    ".gif": "gif",
}
QUICK = {"libx264": {"preset": "veryfast", "threads": "1"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}
SAMPLE_RATE = 48_000


def write_video(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    fps: float = 30,
    *,
    codec: str | None = None,
    rotate: int = 0,
    mirror: bool = False,
    audio: bool = False,
    times: Sequence[float] | None = None,
    pixel_aspect: Fraction | None = None,
    key_every: int | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Writes pictures [height, width, 3], all of one size; odd sizes lose their last row or column.

    codec         by the file's ending where None
    rotate        degrees counter-clockwise that a player turns the pictures before it shows them: as a telephone does
    mirror        a player mirrors them left to right, after it has turned them
    audio         a second stream, a tone as long as the pictures
    times         seconds of each picture, for a variable rate; else they come at `fps`
    pixel_aspect  width / height of a pixel, as broadcasts have
    key_every     pictures from one key frame to the next, to which a player can jump
    options       of the container, e.g. {"movflags": "faststart"}
    """
    codec = codec or CODECS[path.suffix]
    shown = [picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2] for picture in pictures]
    with av.open(str(path), "w", options={"fflags": "+bitexact"} | (options or {})) as container:
        rate = Fraction(str(fps)).limit_denominator(1001)
        stream = container.add_stream(codec, rate=rate, options=QUICK.get(codec, {}))
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        if key_every:
            stream.codec_context.gop_size = key_every
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotate or mirror:
            stream.set_display_rotation(rotate, mirror)
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        tone = container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=SAMPLE_RATE) if audio else None
        for number, picture in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = number if times is None else round(times[number] * 1000)
            frame.time_base = 1 / rate if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if tone is not None:
            _sound(container, tone, len(shown) / fps)
    return path


def write_sound(path: Path, seconds: float = 0.5) -> Path:
    """Writes a file with a tone and no video."""
    with av.open(str(path), "w") as container:
        _sound(
            container, container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=SAMPLE_RATE), seconds
        )
    return path


def _sound(container, stream, seconds: float) -> None:
    size = 960
    for number in range(max(1, int(seconds * SAMPLE_RATE / size))):
        wave = np.sin((np.arange(size) + number * size) * 440 * 2 * np.pi / SAMPLE_RATE)
        frame = av.AudioFrame.from_ndarray((wave * 8000).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, number * size, Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def cut(path: Path, share: float, to: Path) -> Path:
    """Writes the first part of a file: what a copy leaves that was broken off."""
    content = path.read_bytes()
    to.write_bytes(content[: int(len(content) * share)])
    return to
