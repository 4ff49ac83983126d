import logging
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.demo.footage import camera, recording, taken, turned, within
from pipeline.detect.reading import Picture
from pipeline.errors import InputError
from pipeline.params.data import Detection
from tests.videos import write_video

RED = np.full((60, 80, 3), (220, 20, 20), np.uint8)
ALL = Detection()


@pytest.fixture
def red(tmp_path: Path) -> Path:
    return write_video(tmp_path / "red.mp4", [RED] * 10, fps=20, options={"movflags": "faststart"})


def test_a_file_comes_in_its_colours_at_its_times(red: Path):
    shown = list(recording(red, ALL, width=None, height=None))
    assert [float(picture.time_s) for picture in shown] == pytest.approx([n / 20 for n in range(10)])
    assert shown[0].rgb.shape == (60, 80, 3)
    assert shown[0].rgb.mean((0, 1)) == pytest.approx([220, 20, 20], abs=6)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(40, None, (30, 40)), (None, 15, (15, 20)), (40, 15, (15, 20)), (800, 600, (60, 80)), (79, None, (59, 79))],
)
def test_it_is_made_smaller_and_never_larger(width: int | None, height: int | None, size: tuple[int, int]):
    assert within(RED, width, height).shape == (*size, 3)


def test_a_selfie_is_turned_back():
    half = RED.copy()
    half[:, :40] = 0
    [shown] = turned(Picture(rgb=rgb, time_s=Fraction(3)) for rgb in [half])
    np.testing.assert_array_equal(shown.rgb, half[:, ::-1])
    assert shown.time_s == 3


def test_a_file_that_shows_nothing_is_named(tmp_path: Path):
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    for name, reason in (("none.mp4", "no such file"), ("text.mp4", "")):
        with pytest.raises(InputError, match=rf"'.*{name}' shows nothing: .*{reason}"):
            list(recording(tmp_path / name, ALL, width=None, height=None))


def test_a_file_that_breaks_off_is_shown_until_there(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (120, 160, 3)).astype(np.uint8) for _ in range(30)]
    part = write_video(tmp_path / "part.mp4", noise, options={"movflags": "faststart"})
    content = bytearray(part.read_bytes())
    half = len(content) // 2
    content[half:] = rng.bytes(len(content) - half)  # of its length, and the second half is nothing
    part.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        shown = list(recording(part, ALL, width=None, height=None))
    assert 0 < len(shown) < 30
    assert f"breaks off after {len(shown)} pictures" in caplog.text


def test_what_a_camera_gives_is_taken_until_it_ends(red: Path, caplog: pytest.LogCaptureFixture):
    cv2 = pytest.importorskip("cv2")
    with caplog.at_level(logging.WARNING):
        shown = list(taken(cv2.VideoCapture(str(red)), 3))  # OpenCV reads a file as it reads a camera
    assert len(shown) == 10
    assert shown[0].rgb.mean((0, 1)) == pytest.approx([220, 20, 20], abs=6)
    assert [picture.time_s for picture in shown] == sorted(picture.time_s for picture in shown)
    assert "camera 3 gave no more pictures after 10" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="names of cameras are Linux's")
def test_a_camera_that_is_not_there(capfd: pytest.CaptureFixture[str]):
    with pytest.raises(InputError, match=r"no camera 93: nothing opens there\. (This machine has none|There are: )"):
        next(camera(93, width=640, height=480))
    assert capfd.readouterr().err == ""


def test_a_camera_that_gives_no_picture():
    cv2 = pytest.importorskip("cv2")
    with pytest.raises(InputError, match="camera 2 opens and gives no picture"):
        next(taken(cv2.VideoCapture(), 2))
