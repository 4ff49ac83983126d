"""A photographed hand before the page's camera, MediaPipe's JavaScript, a stream and a model, all of them real."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.bundles import BUNDLES
from pipeline.detect.hands import Row, Signer
from pipeline.detect.landmarkers import landmarkers
from pipeline.files import read_json, write_json
from pipeline.params.data import Detection
from pipeline.skeleton import skeleton
from registry.store import local_store
from tests import photos
from tests.bundles import bundle, folders
from tests.flows.demo.models import CLASSES, expected, write_clip, write_step
from tests.registry.factories import make_track, never
from tests.serving.factories import serving, settings, store_with
from tests.serving.page.browsers import NARROW, SIDEWAYS, Watched, browser, chromium, fitted, new_page, write_film
from tests.serving.stream.streams import promote

PHOTO = "B_020.jpg"


def make_sides(folder: Path) -> Any:
    """A model that answers which hand it is and where: a picture that was turned over is seen at once."""
    made = make_track(folder, misses={"fp32": never}, classes=CLASSES, wrap=write_clip)
    write_step(folder / "export/step.onnx")
    report = read_json(folder / "export/export.json")
    report["precision"]["fp32"]["step"] = {"file": "step.onnx"}
    write_json(folder / "export/export.json", report)
    return made


def as_in_training(picture: NDArray[np.uint8]) -> Row:
    """Returns the landmarks of a picture that stands still for a second, as `extract` would find them in a video."""
    signer = Signer(points="hand", aspect=picture.shape[1] / picture.shape[0])
    with landmarkers(Detection(points="hand"), {"hand_landmarker": bundle("hand_landmarker")}) as opened:
        return [signer.row(opened.frame(picture, 100 * number)) for number in range(10)][-1]


@pytest.mark.data
def test_a_hand_before_the_camera_is_found_as_in_training_and_answered(tmp_path, keep):
    chromium()
    picture = fitted(photos.folder("nmt") / PHOTO)
    for name in ("hand_landmarker", "tasks_vision"):
        bundle(name)
    store = local_store(tmp_path / ".signloop")
    promote(make_sides(tmp_path / "track"), store)
    row = as_in_training(picture)
    film = write_film(tmp_path / "camera.mjpeg", [picture])
    with serving(settings(store, tmp_path, assets=tuple(folders()))) as client, browser(film) as chrome:
        watched = Watched(new_page(chrome, viewport={"width": 1200, "height": 860}))
        page = watched.page
        page.goto(str(client.base_url))
        page.click("#camera")
        page.wait_for_selector("#text:not(:empty)")
        assert page.inner_text("#text")[0] == expected(float(row.values[0, 0]), row.right)
        keep(page, "camera")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(NARROW)
        assert page.evaluate(SIDEWAYS) == 0
        keep(page, "camera_narrow_dark")
        page.keyboard.press("r")
        page.wait_for_selector("#text:empty", state="attached")
        page.keyboard.press("Escape")
        assert page.is_disabled("#stop")
        assert watched.wrong == []
        assert {address.split("/")[2] for address in watched.asked if "//" in address} == {
            client.base_url.netloc.decode()
        }
        found = np.frombuffer(watched.frames()[-1], "<f4", offset=8).reshape(21, 3)
        assert np.abs(found[:, :2] - row.values[:, :2]).max() < 0.03


def test_hands_and_a_pose_are_looked_for_side_by_side(tmp_path):
    """MediaPipe's loader gives itself to one landmarker alone, and an import runs it once."""
    chromium()
    for name in ("hand_landmarker", "pose_landmarker", "tasks_vision"):
        bundle(name)
    store, _ = store_with(tmp_path)
    detection = Detection().model_dump()
    parts = {part: skeleton("holistic").part(part) for part in skeleton("holistic").parts}
    track = {"skeleton": "holistic", "points": 75, "parts": parts, "detection": detection, "bundles": [*BUNDLES]}
    with serving(settings(store, tmp_path, assets=tuple(folders()))) as client, browser() as chrome:
        page = new_page(chrome)
        page.goto(str(client.base_url))
        seen = page.evaluate(
            """async (track) => {
                const { Landmarks } = await import("/page/landmarks.js");
                const setup = await (await fetch("/page/setup")).json();
                const landmarks = await Landmarks.open({ ...setup, tracks: { signs: track } }, "signs");
                const row = await landmarks.look(await createImageBitmap(new ImageData(64, 64)), 0);
                return [row.values.length, row.values.filter(Number.isFinite).length];
            }""",
            track,
        )
    assert seen == [225, 0]
