"""Recordings that are sent in the place of landmarks: pictures, videos, .pose and .npz files."""

import asyncio
import io
import multiprocessing
import os
import signal
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from pipeline.detect.clip import clip as look_at_video
from pipeline.detect.clip import picture as look_at_picture
from pipeline.detect.detected import Detected
from pipeline.errors import SignloopError
from pipeline.form import form
from pipeline.formats.pose_clip import write_clip
from pipeline.params import Detection, Serve
from pipeline.samples import from_clips
from pipeline.skeleton import skeleton
from serving.bodies.recordings import Recordings, kind_of
from serving.bodies.takes import Takes
from tests.bundles import bundle, bundles
from tests.photos import moving, photos
from tests.serving.factories import QUICK, clip, serving, settings
from tests.videos import write_video

PREDICT = "/v1/letters/predict"
NOBODY_HOME = Serve(**QUICK.model_dump() | {"max_body_mb": 1})


def takes(points: str) -> Takes:
    found = form(points)
    return Takes(form=found, row=(found.row[0] or 0, 3))


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    with serving(settings(shelf[0], tmp_path_factory.mktemp("serving"), serve=NOBODY_HOME)) as client:
        yield client


@contextmanager
def looking(*folders, **bounds):
    recordings = Recordings(Serve(**bounds), folders)
    try:
        yield recordings
    finally:
        recordings.close()


def packed(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def pose(folder, points: str = "hand") -> bytes:
    """Returns a .pose file of two frames, in the first of which nobody is seen."""
    values = np.random.default_rng(0).random((2, len(skeleton(points).points), 3), np.float32)
    values[0] = np.nan
    samples = from_clips(
        [values],
        target=[0],
        group=[""],
        ids=["a"],
        fps=15,
        aspect=1.5,
        handedness=0,
        class_names=("A",),
        form=points,
    )
    write_clip(folder / "a.pose", samples, 0)
    return (folder / "a.pose").read_bytes()


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/jpeg", "image"),
        ("video/mp4", "video"),
        ("application/x-pose", "pose"),
        ("image/svg+xml", None),
        ("text/html", None),
        ("application/octet-stream", None),
    ],
)
def test_what_is_looked_at_is_told_by_its_type(media_type, kind):
    assert kind_of(media_type) == kind


def test_arrays_are_read_by_their_names(client):
    content = packed(landmarks=clip(2, frames=3), aspect=np.float32(1.5), handedness=np.array([1.0]))
    response = client.post(f"{PREDICT}?top=1&id=npz.1", content=content, headers={"Content-Type": "application/x-npz"})
    said = response.json()
    assert (said["label"], said["id"], len(said["top"])) == ("C", "npz.1", 1)


def renamed(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("landmarks.npy", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed(landmarks=np.zeros((10_000, 21, 3), np.float32)), "more than a body may have"),
        (packed(other=clip(1)), "got 'other'"),
        (packed(landmarks=np.array(["a"])), "no numbers"),
        (packed(aspect=np.float32(1)), "no array 'landmarks'"),
        (packed(landmarks=clip(1))[:-30], ".npz"),
        (b"PK\x05\x06" + bytes(18), "no array 'landmarks'"),
        (renamed(b"x"), "expected arrays"),
    ],
)
def test_what_is_no_archive_of_landmarks_says_so(client, content, words):
    response = client.post(PREDICT, content=content, headers={"Content-Type": "application/x-npz"})
    assert response.status_code == 422
    assert words in response.json()["detail"]


def test_a_pose_file_is_answered_as_its_landmarks(client, tmp_path):
    response = client.post(PREDICT, content=pose(tmp_path), headers={"Content-Type": "application/x-pose"})
    assert response.status_code == 200, response.text
    assert response.json()["label"] in "ABC"
    for broken in (b"", b"\x00" * 50, pose(tmp_path)[:-20], b"\xff" * 1000):
        response = client.post(PREDICT, content=broken, headers={"Content-Type": "application/x-pose"})
        assert response.status_code == 422
        assert "/proc" not in response.text


@pytest.mark.parametrize("points", ["hand", "holistic"])
def test_a_pose_file_keeps_its_points(tmp_path, points):
    with looking() as recordings:
        read = asyncio.run(recordings.read("pose", pose(tmp_path, points), takes(points)))
    assert read.values.shape == (1, 2, len(skeleton(points).points), 3)
    assert np.isnan(read.values[0, 0]).all()
    expected = np.random.default_rng(0).random((2, len(skeleton(points).points), 3), np.float32)[1]
    np.testing.assert_allclose(read.values[0, 1], expected, atol=1e-5)
    assert (read.columns["fps"][0], read.columns["aspect"][0]) == (15, 1.5)
    assert points == "holistic" or read.columns["handedness"][0] == 0


def test_pictures_without_a_detector_say_what_is_missing(client):
    for media_type in ("image/png", "video/webm"):
        response = client.post(PREDICT, content=b"\x89PNG", headers={"Content-Type": media_type})
        assert response.status_code == 415
        assert "signloop assets fetch" in response.json()["detail"]
        assert "/" not in response.json()["detail"]  # no folder of the server's


async def together(recordings: Recordings, content: bytes, count: int) -> list[str]:
    said = await asyncio.gather(
        *(recordings.read("pose", content, takes("hand")) for _ in range(count)), return_exceptions=True
    )
    return [str(one.status) if isinstance(one, SignloopError) else "seen" for one in said]


def test_more_recordings_than_can_wait_are_refused(tmp_path):
    with looking(detectors=1) as recordings:
        assert sorted(asyncio.run(together(recordings, pose(tmp_path), 6))) == ["503", "503", *["seen"] * 4]
        assert asyncio.run(together(recordings, pose(tmp_path), 1)) == ["seen"]


def test_what_takes_too_long_is_ended():
    with (
        looking(bundle("hand_landmarker").parent, detect_timeout_s=0.05) as recordings,
        pytest.raises(SignloopError, match=r"not done after 0\.05 s"),
    ):
        asyncio.run(
            recordings.read("image", photos("gestures")[0].read_bytes(), takes("hand"))
        )  # MediaPipe starts for longer


def test_a_process_that_dies_costs_no_more_than_its_recording(tmp_path):
    async def killed() -> list[str]:
        asked = asyncio.create_task(together(recordings, pose(tmp_path), 1))
        while not (children := multiprocessing.active_children()):
            await asyncio.sleep(0)
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
        return await asked

    with looking() as recordings:
        assert asyncio.run(killed())[0] in ("422", "seen")
        assert asyncio.run(together(recordings, pose(tmp_path), 1)) == ["seen"]


def test_a_photograph_and_a_video_are_seen_as_the_pipeline_sees_them(tmp_path):
    shown = photos("gestures")[0]
    video = write_video(tmp_path / "a.mp4", moving(shown, 3), fps=10)
    hand = Detection(points="hand", mode="image", num_hands=1)
    body = Detection(points="holistic")
    alike = [
        (shown, "image", "hand", look_at_picture(shown, hand, {"hand_landmarker": bundle("hand_landmarker")})),
        (video, "video", "holistic", look_at_video(video, body, bundles())),
    ]
    with looking(bundle("hand_landmarker").parent) as recordings:
        for file, kind, points, expected in alike:
            read = asyncio.run(recordings.read(kind, file.read_bytes(), takes(points)))
            assert isinstance(expected, Detected)
            np.testing.assert_allclose(read.values[0], expected.values, atol=1e-3)
            assert read.columns["aspect"][0] == pytest.approx(expected.aspect)
        for kind in ("image", "video"):
            with pytest.raises(SignloopError, match=rf"^the {kind}: "):
                asyncio.run(recordings.read(kind, b"<html>no such page</html>", takes("hand")))
