"""Files as people have them in their folders: whole ones, and what is broken in as many ways as were thought of."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.videos import cut, write_sound, write_video

Kinds = set[str]
BROKEN_OFF: Kinds = {"truncated", "corrupt"}
NO_VIDEO: Kinds = {"corrupt", "no video"}
MAX_FRAMES = 40
MAX_SIDE = 200  # of a picture, in pixels
ODD_NAMES = ("two words", "-rf", "zwölf 手", "line\nbreak", os.fsdecode(b"\xff\xfe"), "quote'\"$;&", "a.b.c", "%03d")


def pictures(count: int, *, size: int = 96) -> list[NDArray[np.uint8]]:
    noise = np.random.default_rng(0).integers(0, 255, (count, size, size, 3), np.uint8)
    return list(noise)


def videos(folder: Path) -> tuple[set[str], dict[str, Kinds]]:
    """Writes LABEL/FILE into a folder; returns the ids of the whole ones, and how each broken one may be called."""
    whole = {f"whole/{name}" for name in _whole_videos(folder / "whole")}
    return whole, {f"broken/{name}": kinds for name, kinds in _broken_videos(folder / "broken", folder / "whole")}


def _whole_videos(folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True)
    for number, name in enumerate(("plain.mp4", "film.webm", "tape.avi", "phone.mov", "moving.gif", "box.mkv")):
        write_video(folder / name, pictures(6 + number), audio=name == "phone.mov", rotate=90 * (name == "phone.mov"))
        yield name
    write_video(folder / "front.mp4", pictures(12), options={"movflags": "faststart"})
    write_video(folder / "one frame.mp4", pictures(1))
    write_video(folder / "-v größe 手.mp4", pictures(3))
    yield from ("front.mp4", "one frame.mp4", "-v größe 手.mp4")


def _broken_videos(folder: Path, whole: Path) -> Iterator[tuple[str, Kinds]]:
    folder.mkdir()
    for name, shares in {
        "plain.mp4": (0.02, 0.3, 0.6, 0.9, 0.999),
        "front.mp4": (0.2, 0.6, 0.95),
        "film.webm": (0.05, 0.5, 0.95),
        "box.mkv": (0.5, 0.95),
        "tape.avi": (0.5, 0.95),
    }.items():
        for share in shares:
            made = cut(whole / name, share, folder / f"cut at {share:.1%} {name}")
            yield made.name, BROKEN_OFF | {"no frames"}
    for name in ("empty.mp4", "empty.webm"):
        (folder / name).touch()
        yield name, {"empty"}
    for name, content in {
        "text.mp4": b"this is no video, only its name is\n" * 50,
        "page.webm": b"<!doctype html><html><body>404 Not Found</body></html>",
        "list.m4v": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nfile:///etc/hostname\n",
        "archive.mov": b"PK\x03\x04" + bytes(200),
        "zeros.mp4": bytes(100_000),
        "noise.mp4": np.random.default_rng(1).bytes(50_000),
        "script.avi": b"#!/bin/sh\nexit 1\n",
    }.items():
        (folder / name).write_bytes(content)
        yield name, NO_VIDEO
    for name in ("plain.mp4", "film.webm"):
        content = (whole / name).read_bytes()
        (folder / f"header of {name}").write_bytes(b"\x99" * 200 + content[200:])
        yield f"header of {name}", NO_VIDEO
    for name in ("sound.mp4", "sound.webm"):
        write_sound(folder / name)
        yield name, {"no video"}
    for suffix in ("mp4", "webm"):
        _without_frames(folder / f"no frames.{suffix}")
        yield f"no frames.{suffix}", NO_VIDEO | {"no frames"}
    write_video(folder / "long.mp4", pictures(MAX_FRAMES + 1, size=32))
    yield "long.mp4", {"too large"}
    content = (whole / "moving.gif").read_bytes()
    (folder / "huge.gif").write_bytes(content[:6] + b"\x60\xea\x60\xea" + content[10:])  # 60,000 × 60,000
    yield "huge.gif", {"too large", "corrupt"}
    write_video(folder / "large.mp4", pictures(2, size=MAX_SIDE + 2))
    yield "large.mp4", {"too large"}
    (folder / "folder.mp4").mkdir()
    yield "folder.mp4", {"no video"}
    os.mkfifo(folder / "pipe.mp4")
    yield "pipe.mp4", {"no video"}
    (folder / "nowhere.mp4").symlink_to("not here.mp4")
    yield "nowhere.mp4", {"missing"}
    (folder / "circle.mp4").symlink_to("circle.mp4")
    yield "circle.mp4", {"missing", "corrupt"}
    for name in ODD_NAMES:
        (folder / f"{name}.mp4").write_text("none")
        yield f"{name}.mp4", NO_VIDEO


def _without_frames(path: Path) -> None:
    """Writes a container that announces a video and ends."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264" if path.suffix == ".mp4" else "libvpx-vp9", rate=30)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()


def photographs(folder: Path) -> tuple[set[str], dict[str, Kinds]]:
    """Writes LABEL/FILE into a folder, as `videos` does."""
    whole = {f"whole/{name}" for name in _whole_photographs(folder / "whole")}
    return whole, {f"broken/{name}": kinds for name, kinds in _broken_photographs(folder / "broken", folder / "whole")}


def _whole_photographs(folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b.png", "c.webp", "d.bmp", "e.tiff", "two words 手.JPG")):
        Image.fromarray(pictures(1, size=64 + number)[0]).save(folder / name)
        yield name
    Image.fromarray(pictures(1)[0]).convert("L").save(folder / "grey.png")
    Image.fromarray(pictures(1)[0]).convert("CMYK").save(folder / "print.jpg")
    yield from ("grey.png", "print.jpg")


def _broken_photographs(folder: Path, whole: Path) -> Iterator[tuple[str, Kinds]]:
    folder.mkdir()
    for name, shares in {"a.jpg": (0.01, 0.3, 0.9), "b.png": (0.1, 0.9), "c.webp": (0.5,), "d.bmp": (0.5,)}.items():
        for share in shares:
            yield cut(whole / name, share, folder / f"cut at {share:.0%} {name}").name, {*BROKEN_OFF, "no video"}
    content = bytearray((whole / "b.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "flipped.png").write_bytes(content)
    yield "flipped.png", BROKEN_OFF
    for name, kinds in {"empty.jpg": {"empty"}, "text.jpg": {"no video"}, "noise.jpg": {"no video"}}.items():
        (folder / name).write_bytes({"empty.jpg": b"", "text.jpg": b"no picture"}.get(name, bytes(range(256)) * 9))
        yield name, kinds
    (folder / "huge.png").write_bytes(_huge_png())
    yield "huge.png", {"too large"}
    (folder / "folder.jpg").mkdir()
    yield "folder.jpg", {"no video"}
    (folder / "nowhere.png").symlink_to("not here.png")
    yield "nowhere.png", {"missing"}


def _huge_png() -> bytes:
    """Returns a PNG that says 60,000 × 60,000 and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big") * 2
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", zlib.compress(bytes(99)))
