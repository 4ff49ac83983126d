"""MediaPipe's landmarkers by themselves: times that do not increase, odd pictures, quiet, gone when closed."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from pipeline.detect.landmarkers import Landmarkers, landmarkers, release
from pipeline.params.data import Detection
from tests.bundles import bundles

GREY = np.full((48, 64, 3), 128, np.uint8)


def test_times_that_stand_still_or_go_back_are_taken_all_the_same() -> None:
    with Landmarkers(Detection(), bundles()) as looking:
        for timestamp_ms in (0, 0, 40, 20, -5, 41):
            assert looking.frame(GREY, timestamp_ms).hands == ()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (17, 31)])
@pytest.mark.parametrize("mode", ["image", "video"])
def test_a_picture_of_any_shape(shape: tuple[int, int], mode: str) -> None:
    with landmarkers(Detection(mode=mode), bundles()) as looking:
        looking.frame(np.zeros((*shape, 3), np.uint8), 0)


def test_a_picture_that_is_a_view_is_read_as_it_looks() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    with landmarkers(Detection(mode="image"), bundles()) as looking:
        turned, copied = np.rot90(noise), np.ascontiguousarray(np.rot90(noise))
        assert not turned.flags.c_contiguous
        assert (looking.frame(turned, 0).pose is None) == (looking.frame(copied, 0).pose is None)


def test_photographs_share_their_landmarkers_and_recordings_do_not() -> None:
    image, video = Detection(mode="image"), Detection(mode="video")
    with landmarkers(image, bundles()) as first, landmarkers(image, bundles()) as other:  # two threads at once
        assert other is not first
    with landmarkers(image, bundles()) as again:
        assert again in (first, other)
    with landmarkers(video, bundles()) as first:
        pass
    with landmarkers(video, bundles()) as again:
        assert again is not first


def test_after_an_error_they_are_not_used_again() -> None:
    image = Detection(mode="image", points="hand")
    with pytest.raises(ZeroDivisionError), landmarkers(image, bundles()) as failed:
        assert 1 / len(failed.frame(GREY, 0).hands)
    with landmarkers(image, bundles()) as fresh:
        assert fresh is not failed


def test_closing_ends_their_threads() -> None:
    release()
    before = threading.active_count()
    with landmarkers(Detection(mode="image"), bundles()) as looking:
        looking.frame(GREY, 0)
        assert threading.active_count() > before
    release()
    assert threading.active_count() == before


@pytest.mark.parametrize("first", ["", "import mediapipe\n"])
def test_a_process_ends_without_a_word(first: str) -> None:
    """Neither greetings nor complaints of destructors, also where landmarkers wait for the next picture."""
    program = first + (
        "import numpy, pathlib, sys\n"
        "from pipeline.detect.landmarkers import landmarkers\n"
        "from pipeline.params.data import Detection\n"
        "bundles = dict(zip(('hand_landmarker', 'pose_landmarker'), map(pathlib.Path, sys.argv[1:])))\n"
        "for mode in ('image', 'video'):\n"
        "    with landmarkers(Detection(mode=mode), bundles) as looking:\n"
        "        looking.frame(numpy.zeros((48, 64, 3), numpy.uint8), 0)\n"
    )
    paths = [str(bundles()[name]) for name in ("hand_landmarker", "pose_landmarker")]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
