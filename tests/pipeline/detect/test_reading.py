"""Pictures and their times out of real files, and what each broken file is answered with."""

import gc
import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.detect.detected import Failure
from pipeline.detect.reading import Picture, photograph, pictures
from pipeline.detect.unreadable import UnreadableError
from pipeline.params.data import Detection
from tests.pipeline.detect.pictures import greys, noise
from tests.videos import cut, write_sound, write_video


def shown(path: Path, start: float | None = None, end: float | None = None, **options) -> list[Picture]:
    return list(pictures(path, Detection(**options), start, end))


def failure(path: Path, start: float | None = None, end: float | None = None, **options) -> Failure:
    with pytest.raises(UnreadableError) as caught:
        shown(path, start, end, **options)
    assert caught.value.failure.reason == str(caught.value)
    return caught.value.failure


def numbers(found: list[Picture]) -> list[int]:
    """Returns which of `greys` each picture is."""
    return [round((float(picture.rgb.mean()) - 20) / 4) for picture in found]


@pytest.mark.parametrize(
    ("ending", "codec"),
    [(".mp4", None), (".mp4", "libx265"), (".webm", None), (".mkv", None), (".mov", None), (".avi", "ffv1")],
)
def test_all_frames_come_in_order_at_their_times(tmp_path: Path, ending: str, codec: str | None) -> None:
    found = shown(write_video(tmp_path / f"clip{ending}", greys(20), 10, codec=codec, audio=ending == ".mp4"))
    assert numbers(found) == list(range(20))
    assert [float(picture.time_s) for picture in found] == pytest.approx([n / 10 for n in range(20)], abs=1e-3)
    assert {picture.rgb.shape for picture in found} == {(32, 32, 3)}


def test_a_variable_rate_keeps_its_times_and_resamples_by_them(tmp_path: Path) -> None:
    times = [0, 0.05, 0.1, 0.5, 0.55, 1.0]
    path = write_video(tmp_path / "clip.mkv", greys(6), 20, times=times)
    assert [float(picture.time_s) for picture in shown(path)] == pytest.approx(times)
    resampled = shown(path, fps=10)
    # the gaps are held; the instant 0.3 lies between 0.1 and 0.5 and takes the earlier
    rows = [number for number, picture in zip(numbers(resampled), resampled, strict=True) for _ in range(picture.rows)]
    assert rows == [0, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5]


def test_frames_without_times_come_at_the_streams_rate(tmp_path: Path) -> None:
    found = shown(write_video(tmp_path / "clip.h264", greys(6), 25, codec="libx264"))
    assert numbers(found) == list(range(6))
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, 0.5, range(5)),
        (0.5, None, range(5, 40)),
        (1.0, 1.5, range(10, 15)),
        (3.2, 3.5, range(32, 35)),  # far enough in to be sought
        (3.9, 99, range(39, 40)),
    ],
)
def test_start_and_end_in_seconds(
    tmp_path: Path, ending: str, start: float | None, end: float | None, expected: range
) -> None:
    path = write_video(tmp_path / f"clip{ending}", greys(40), 10, key_every=5)
    assert numbers(shown(path, start, end)) == list(expected)


def test_a_part_that_has_no_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", greys(10), 10)
    assert failure(path, 5).kind == "no frames"
    assert "from 0.5 s to 0.2 s. Mend start and end" in failure(path, 0.5, 0.2).reason


@pytest.mark.parametrize(
    "name",
    ["ümlaut ☃ 手.mp4", "img%03d.mp4", "concat:a|b.mp4", "http:x.mp4", "-i.mp4", "a\nb.mp4", ".mp4", "UPPER.MP4"],
)
def test_a_files_name_means_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(write_video(tmp_path / "clip.mp4", greys(3), 10).read_bytes())
    assert numbers(shown(path)) == [0, 1, 2]


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.mp4")
    path.write_bytes(write_video(tmp_path / "clip.mp4", greys(3), 10).read_bytes())
    assert len(shown(path)) == 3


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


def test_pictures_and_clips_above_the_limits(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", greys(30), 10)
    assert "32 × 32 pixels, more than detection.max_pixels (1,000)" in failure(path, max_pixels=1000).reason
    assert "about 30 frames: detection.max_frames is 20" in failure(path, max_frames=20).reason
    assert failure(path, max_frames=29).kind == "too large"  # counted, since a declared length is an estimate
    assert len(shown(path, max_frames=30)) == 30
    assert len(shown(path, max_frames=15, fps=5)) == 15
    assert len(shown(path, end=1, max_frames=10)) == 10


def open_files() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


def test_nothing_is_left_open(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", greys(30), 10)
    files, threads = open_files(), threading.active_count()
    reading = pictures(path, Detection())
    next(reading)
    reading.close()
    shown(path)
    failure(path, max_pixels=1)
    assert open_files() <= files
    assert threading.active_count() == threads


def test_no_frame_stays_in_memory_until_python_looks_for_cycles(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", greys(30), 10, rotate=90)
    shown(path)
    gc.collect()
    gc.disable()
    try:
        shown(path)
        left = [each for each in gc.get_objects() if isinstance(each, av.VideoFrame)]
    finally:
        gc.enable()
    assert len(left) <= 2, "the first one's display matrix was read, and its reader may hold the last"


def taken(path: Path, **options) -> Picture:
    return photograph(path, Detection(**options))


def refused(path: Path, **options) -> Failure:
    with pytest.raises(UnreadableError) as caught:
        taken(path, **options)
    return caught.value.failure


def photo(path: Path, mode: str = "RGB", **options) -> Path:
    """Writes a picture 40 wide and 20 high, its left half bright."""
    grey = np.full((20, 40), 40, np.uint8)
    grey[:, :20] = 220
    Image.fromarray(grey).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = taken(photo(tmp_path / "p.jpg", exif=exif))
    expected = (40, 20, 3) if orientation >= 5 else (20, 40, 3)
    assert picture.rgb.shape == expected
    first_row = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}
    bright = {
        "left": picture.rgb[:, : expected[1] // 2],
        "right": picture.rgb[:, expected[1] // 2 :],
        "top": picture.rgb[: expected[0] // 2],
        "bottom": picture.rgb[expected[0] // 2 :],
    }[first_row[orientation]]
    assert bright.mean() > 200


@pytest.mark.parametrize(
    ("ending", "mode"),
    [("jpg", "L"), ("jpg", "CMYK"), ("png", "RGBA"), ("png", "P"), ("png", "1"), ("webp", "RGB"), ("gif", "P")],
)
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, ending: str, mode: str) -> None:
    rgb = taken(photo(tmp_path / f"p.{ending}", mode)).rgb
    assert rgb.shape == (20, 40, 3)
    assert rgb.dtype == np.uint8
    assert rgb[:, :20].mean() > rgb[:, 20:].mean() + 100


def test_sixteen_bits_of_grey_are_not_cut_off(tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 800).reshape(20, 40).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "p.png")
    rgb = taken(tmp_path / "p.png").rgb
    assert rgb[0, 0, 0] == 0
    assert rgb[-1, -1, 0] == 255
    assert 120 < rgb[10, 0, 0] < 135


def test_broken_photographs(tmp_path: Path) -> None:
    whole = photo(tmp_path / "p.jpg", quality=95)
    assert refused(cut(whole, 0.9, tmp_path / "cut.jpg")).kind == "truncated"
    (tmp_path / "text.jpg").write_text("hello")
    assert refused(tmp_path / "text.jpg").reason.startswith("it is no picture of a known kind. Save it as JPEG")
    (tmp_path / "empty.jpg").touch()
    assert refused(tmp_path / "empty.jpg").kind == "empty"
    (tmp_path / "noise.png").write_bytes(photo(tmp_path / "q.png").read_bytes()[:45] + bytes(30))
    assert refused(tmp_path / "noise.png").kind in {"corrupt", "truncated"}
    assert refused(tmp_path).kind == "no video"
    assert refused(whole, max_pixels=799) == Failure(
        "too large",
        "its pictures have 40 × 20 pixels, more than detection.max_pixels (799). Make it smaller, or raise the limit.",
    )


def test_a_photograph_has_no_time(tmp_path: Path) -> None:
    assert taken(photo(tmp_path / "p.jpg")).time_s == Fraction(0)
