"""Pictures and their times out of real files."""

import gc
import itertools
import os
import threading
from pathlib import Path

import av
import pytest

from pipeline.detect.reading import pictures
from pipeline.params.data import Detection
from tests.pipeline.detect.pictures import failure, greys, numbers, shown
from tests.videos import write_video


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
