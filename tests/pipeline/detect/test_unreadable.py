"""What each broken file, and what is no recording, is answered with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.detect.detected import Failure
from tests.pipeline.detect.pictures import failure, greys, noise, numbers, shown
from tests.videos import cut, write_sound, write_video


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".avi"])
def test_a_recording_that_was_cut_off(tmp_path: Path, ending: str) -> None:
    whole = write_video(tmp_path / f"clip{ending}", noise(30), 30, options={"movflags": "faststart"})
    found = failure(cut(whole, 0.7, tmp_path / f"cut{ending}"))
    assert found.kind == "truncated"
    assert found.reason.startswith("it was cut off: its end is missing, at least ")
    assert failure(cut(whole, 0.03, tmp_path / f"cut{ending}")).kind == "corrupt"


def test_an_mp4_without_its_index(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "clip.mp4", noise(10), 10)
    content = whole.read_bytes()
    whole.write_bytes(content[: content.index(b"moov") - 4])
    assert failure(whole) == Failure(
        "corrupt",
        "it was cut off before its pictures: its index (moov) is missing, which a recorder writes when it stops. Copy "
        "it again.",
    )


def broken_after(path: Path, share: float, to: Path) -> Path:
    """Writes the file with noise in place of its last part."""
    content = bytearray(path.read_bytes())
    keep = int(len(content) * share)
    content[keep:] = np.random.default_rng(0).bytes(len(content) - keep)
    to.write_bytes(content)
    return to


def test_noise_in_place_of_the_second_half(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "clip.webm", noise(30), 30)
    assert failure(broken_after(whole, 0.3, tmp_path / "noise.webm")).kind == "truncated"


def test_pictures_of_zeros(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", noise(10), 10, options={"movflags": "faststart"})
    content = bytearray(path.read_bytes())
    first = content.index(b"mdat") + 4
    content[first:] = bytes(len(content) - first)
    path.write_bytes(content)
    assert failure(path) == Failure(
        "corrupt", "it shows 0 frames: none of its 10 frames can be decoded. Copy it again."
    )


def with_holes(path: Path, broken: list[int]) -> Path:
    """Overwrites these frames of a recording whose frames are all key frames."""
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for position, size in (places[number] for number in broken):
        content[position + 8 : position + size] = b"\xff" * (size - 8)
    path.write_bytes(content)
    return path


def test_a_hole_costs_its_frames_alone_and_many_cost_the_recording(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mov", greys(20), 10, key_every=1)
    assert numbers(shown(with_holes(path, [7]))) == [n for n in range(20) if n != 7]
    assert failure(with_holes(path, [3, 4, 12])) == Failure(
        "corrupt", "4 of its 20 frames cannot be decoded. Copy it again."
    )


def test_a_codec_that_nobody_knows(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", noise(3), 10)
    content = path.read_bytes()
    at = content.rindex(b"avc1")
    path.write_bytes(content[:at] + b"zzzz" + content[at + 4 :])
    assert failure(path) == Failure("no video", "no decoder knows its video's codec. Convert it to H.264 or VP9.")


def test_a_video_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    assert failure(path).kind == "no frames"


@pytest.mark.parametrize("ending", [".mp4", ".m4a", ".webm"])
def test_sound_alone(tmp_path: Path, ending: str) -> None:
    assert failure(write_sound(tmp_path / f"sound{ending}")) == Failure(
        "no video", "it has audio but no video. Take it out of the recordings."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello\n" * 30, "it is text ('hello hello"),
        (b"<!doctype html><h1>404</h1>", "it is text ('<!doctype html><h1>404</h1>'), not a recording"),
        (b"PK\x03\x04" + bytes(200), "no decoder knows this kind of file"),
        (bytes(5000), "no decoder knows this kind of file"),
        (np.random.default_rng(0).bytes(5000), "no decoder knows this kind of file"),
        (b"\x00", "no decoder knows this kind of file"),
    ],
)
def test_another_kind_of_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    found = failure(path)
    assert found.kind == "no video"
    assert found.reason.startswith(says)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
    ],
)
def test_a_playlist_opens_no_other_file(tmp_path: Path, playlist: str) -> None:
    other = write_video(tmp_path / "other.ts", greys(3), 10, codec="libx264")
    path = tmp_path / "clip.mp4"
    path.write_text(playlist.format(other=other))
    assert failure(path).kind == "no video"


def test_what_is_no_file(tmp_path: Path) -> None:
    assert failure(tmp_path) == Failure("no video", "it is a folder, not a file. Take it out of the recordings.")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "a pipe, socket or device" in failure(tmp_path / "pipe.mp4").reason
    assert failure(tmp_path / "nothing.mp4").kind == "missing"
    (tmp_path / "link.mp4").symlink_to("nowhere.mp4")
    assert failure(tmp_path / "link.mp4").reason.startswith("it is a link to nowhere.")
    (tmp_path / "empty.mp4").touch()
    assert failure(tmp_path / "empty.mp4") == Failure("empty", "the file has no bytes. Copy it again.")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: for the block this process is somebody else."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_and_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    path = write_video(folder / "clip.mp4", greys(2), 10)
    assert len(shown(path)) == 2  # so that nothing is left to import
    for locked in (path, folder):
        before = locked.stat().st_mode
        locked.chmod(0)
        with as_nobody():
            found = failure(path)
        locked.chmod(before)
        assert found == Failure(
            "forbidden", "it may not be read. Give the reading user the right to its file and folders."
        )
