"""The pictures that show why a clip is bad: which frames, of which file, and what is drawn on them."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.detected import Detected
from pipeline.detect.thumbnails import telling_frames, thumbnails
from pipeline.drawing import UNKNOWN
from pipeline.params.data import Detection
from tests.videos import write_video

HAND = Detection(points="hand", mode="image", num_hands=1)


def clip(*seen: bool) -> Detected:
    values = np.where(np.asarray(seen)[:, None, None], 0.5, np.nan).astype(np.float32) * np.ones((1, 21, 3), np.float32)
    return Detected(values=values, world=values, confidence=np.zeros((len(seen), 1), np.float32), fps=25.0, aspect=2.0)


@pytest.mark.parametrize(
    ("seen", "frames"),
    [
        ((False, False, True, True, True), [1, 3]),
        ((True, True, True), [1]),
        ((False,), [0]),
        ((), []),
    ],
)
def test_the_middle_frame_with_a_hand_and_the_middle_one_without_are_shown(
    seen: tuple[bool, ...], frames: list[int]
) -> None:
    assert telling_frames(clip(*seen).values, "hand") == frames


def test_a_recordings_frames_are_made_small_and_drawn_on(tmp_path: Path) -> None:
    brightness = [20, 60, 100, 140, 180]
    shown = [np.full((480, 960, 3), gray, np.uint8) for gray in brightness]
    path = write_video(tmp_path / "clip.mp4", shown, fps=25)
    without, with_hand = thumbnails(path, clip(False, False, False, True, True), HAND)
    assert without.shape == with_hand.shape == (240, 480, 3)
    assert abs(int(without[0, 0, 0]) - brightness[1]) < 8
    assert abs(int(with_hand[0, 0, 0]) - brightness[4]) < 8
    assert without.std() < 4
    assert np.abs(with_hand[120, 240] - np.asarray(UNKNOWN)).max() < 30


def test_a_file_that_is_gone_has_no_pictures(tmp_path: Path) -> None:
    assert thumbnails(tmp_path / "gone.mp4", clip(True), HAND) == []
    assert thumbnails(tmp_path / "gone.jpg", clip(True), HAND, picture=True) == []
