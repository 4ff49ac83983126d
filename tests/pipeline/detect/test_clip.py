"""From real photographs and recordings made of them to landmarks, with MediaPipe's own bundles."""

import csv
import threading
from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.clip import clip, picture
from pipeline.detect.detected import Detected, Failure
from pipeline.params.data import Detection
from pipeline.skeleton import skeleton
from tests.bundles import bundles
from tests.photos import DATA, moving, photos, rgb
from tests.videos import cut, write_video

pytestmark = pytest.mark.data
HOLISTIC = skeleton("holistic")
HAND = Detection(points="hand", mode="image", num_hands=1)
PARTS = ("left_hand", "right_hand", "pose")
HANDS = HOLISTIC.part("left_hand") + HOLISTIC.part("right_hand")


def whole(result: Detected | Failure) -> Detected:
    assert isinstance(result, Detected), result
    return result


def person() -> Path:
    """Returns a photograph of a whole person whose hands are both seen."""
    return next(path for path in photos("gestures") if path.stem.startswith("call__17d804b5"))


def waiting() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def same(a: Detected, b: Detected) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in ("values", "world", "confidence")
    )


def test_detection_agrees_with_the_marks_and_with_the_published_table() -> None:
    found, shown = bundles(), photos("nmt")
    rows: dict[str, list[np.ndarray]] = {}
    with (DATA / "letters" / "img_kaggle_nmt.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            points = [[float(row[f"{axis}{point}"]) for axis in "xy"] for point in range(21)]
            rows.setdefault(row["label"], []).append(np.asarray(points))
    agreed, apart = 0, []
    for path in shown:
        result = whole(picture(path, HAND, found))
        seen = bool(np.isfinite(result.values).all())
        agreed += seen != path.stem.endswith("_nodet")
        if seen:
            apart.append(min(np.abs(result.values[0, :, :2] - row).max() for row in rows[path.name[0]]))
    median = float(np.median(apart))
    assert agreed >= 100
    assert median <= 0.012


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_a_recording_in_mode_image_is_exactly_reproducible(tmp_path: Path, ending: str) -> None:
    path = write_video(tmp_path / f"clip{ending}", moving(person(), 6, step=4), 12)
    detection = Detection(mode="image")
    first = whole(clip(path, detection, bundles()))
    assert first.values.shape == (6, 75, 3)
    assert first.world.shape == (6, 75, 3)
    assert first.confidence.shape == (6, 3)
    assert first.fps == pytest.approx(12, rel=1e-2)
    assert first.aspect == pytest.approx(384 / 512)
    assert np.isnan(first.handedness)
    assert same(first, whole(clip(path, detection, bundles())))  # the landmarkers were used in between
    for part in PARTS:
        assert np.isfinite(first.values[:, HOLISTIC.part(part)]).all(), part
    moved = first.values[-1, HANDS, 0] - first.values[0, HANDS, 0]
    assert moved.mean() == pytest.approx(5 * 4 / 384, abs=0.015)


def test_a_recording_in_mode_video_sees_the_same_person(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(person(), 6, step=4), 12)
    single = whole(clip(path, Detection(mode="image"), bundles()))
    tracked = whole(clip(path, Detection(mode="video"), bundles()))
    apart = np.abs(single.values - tracked.values)[..., :2]
    assert np.nanmedian(apart) < 0.01
    assert np.isfinite(apart).mean() > 0.9


def test_the_hands_are_the_persons_own() -> None:
    """Each hand lies at the pose's wrist of its side."""
    result = whole(picture(person(), Detection(mode="image"), bundles()))
    for side in ("left", "right"):
        hand, wrist = HOLISTIC.index(f"{side}_hand_wrist"), HOLISTIC.index(f"pose_{side}_wrist")
        assert np.linalg.norm(result.values[0, hand, :2] - result.values[0, wrist, :2]) < 0.05


def test_a_mirrored_person_has_the_other_hands(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(rgb(person())[:, ::-1])).save(tmp_path / "mirrored.png")
    plain = whole(picture(person(), Detection(mode="image"), bundles())).values[0]
    mirrored = whole(picture(tmp_path / "mirrored.png", Detection(mode="image"), bundles())).values[0]
    for side, other in (("left", "right"), ("right", "left")):
        there = mirrored[HOLISTIC.index(f"{other}_hand_wrist"), 0]
        assert plain[HOLISTIC.index(f"{side}_hand_wrist"), 0] == pytest.approx(1 - there, abs=0.1)


def test_world_landmarks_are_metres_and_confidences_shares() -> None:
    result = whole(picture(person(), Detection(mode="image"), bundles()))
    for side in ("left_hand", "right_hand"):
        hand = result.world[0, HOLISTIC.part(side)]
        assert 0.05 < np.linalg.norm(hand[9] - hand[0]) < 0.15  # wrist to middle knuckle
    assert (result.confidence > 0.5).all()
    assert (result.confidence <= 1).all()


def test_a_turned_recording_gives_what_an_upright_one_gives(tmp_path: Path) -> None:
    upright = [rgb(person())] * 2
    turned = [np.rot90(picture, k=-1) for picture in upright]
    found = [
        whole(clip(write_video(tmp_path / name, shown, 10, rotate=turn), Detection(mode="image"), bundles()))
        for name, shown, turn in (("upright.mp4", upright, 0), ("turned.mp4", turned, 90))
    ]
    assert found[0].aspect == found[1].aspect
    np.testing.assert_allclose(found[0].values[0, HANDS, :2], found[1].values[0, HANDS, :2], atol=0.02)


def test_resampling_keeps_every_second_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(person(), 6, step=8), 12)
    every = whole(clip(path, Detection(mode="image"), bundles()))
    second = whole(clip(path, Detection(mode="image", fps=6), bundles()))
    assert second.fps == 6
    np.testing.assert_array_equal(second.values, every.values[::2])
    doubled = whole(clip(path, Detection(mode="image", fps=24), bundles()))
    assert doubled.fps == 24
    np.testing.assert_array_equal(doubled.values, np.repeat(every.values, 2, axis=0))


def test_one_hand_of_a_recording(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.webm", moving(photos("nmt")[0], 4), 10)
    result = whole(clip(path, Detection(points="hand", num_hands=2), bundles()))
    assert result.values.shape == (4, 21, 3)
    assert result.confidence.shape == (4, 1)
    assert result.handedness in {0.0, 1.0}
    assert np.isfinite(result.values).all()


def test_nothing_seen_is_a_clip_of_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [np.full((64, 96, 3), 128, np.uint8)] * 3, 10)
    result = whole(clip(path, Detection(points="hand"), bundles()))
    assert np.isnan(result.values).all()
    assert result.aspect == 1.5
    assert np.isnan(result.handedness)


def test_a_single_frame_has_no_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [rgb(person())], 10)
    assert np.isnan(whole(clip(path, Detection(mode="image"), bundles())).fps)
    assert np.isnan(whole(picture(person(), HAND, bundles())).fps)


def test_a_broken_file_is_a_value_and_leaves_no_thread(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(person(), 6), 10, options={"movflags": "faststart"})
    for mode in ("image", "video"):
        result = clip(cut(path, 0.99, tmp_path / "cut.mp4"), Detection(mode=mode), bundles())
        assert isinstance(result, Failure)
        assert result.kind == "truncated"
    assert isinstance(picture(tmp_path / "clip.mp4", HAND, bundles()), Failure)
    assert not waiting()


def test_a_fault_of_ours_raises_and_leaves_no_thread(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(person(), 6), 10)
    with pytest.raises(KeyError):
        clip(path, Detection(), {})
    (tmp_path / "hand_landmarker.task").write_bytes(b"no model")
    with pytest.raises((RuntimeError, ValueError)):
        clip(path, Detection(points="hand"), {"hand_landmarker": tmp_path / "hand_landmarker.task"})
    assert not waiting()
