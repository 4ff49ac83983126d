"""`signloop demo` with a model of whole bodies: hands and pose are looked for, and drawn."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.clip import clip
from pipeline.detect.detected import Detected
from pipeline.params.data import Detection
from pipeline.skeleton import skeleton
from tests.bundles import bundles
from tests.flows.demo.models import expected, write_clip
from tests.flows.demo.test_command import read
from tests.flows.project import Project, invoke
from tests.photos import photos, rgb
from tests.videos import write_video

FPS, NUM_FRAMES = 12, 14
SIGNER = skeleton("holistic")


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of somebody who holds a hand to the ear, made of a photograph."""
    return write_video(tmp_path_factory.mktemp("person") / "call.mp4", [rgb(photos("gestures")[0])] * NUM_FRAMES, FPS)


@pytest.mark.usefixtures("assets")
def test_a_recording_of_a_signer_becomes_text_and_an_annotated_video(tmp_path: Path, person: Path) -> None:
    found = clip(person, Detection(), bundles())
    assert isinstance(found, Detected)
    out, model = tmp_path / "out.mp4", write_clip(tmp_path / "model.onnx", "holistic")
    letter = expected(found.values[-1, SIGNER.index("left_hand_wrist"), 0], float("nan"))
    assert (
        invoke(Project(tmp_path), "demo", "signs", str(person), "--model", str(model), "-o", str(out)) == f"{letter}\n"
    )
    before, after = read(person)[10], read(out)[10]
    assert len(read(out)) == NUM_FRAMES
    for part in ("left_hand", "pose"):
        assert drawn_on(before, after, found.values[10, SIGNER.part(part)]) > 0.5, part
    assert drawn_on(before, after, np.array([[0.02, 0.4, 0.0], [0.02, 0.7, 0.0]])) == 0  # where nobody stands


def drawn_on(before: np.ndarray, after: np.ndarray, points: np.ndarray) -> float:
    """Returns the share of these points around which the picture has become another one."""
    height, width = before.shape[:2]
    places = [(round(x * width), round(y * height)) for x, y, _ in points if 0.02 <= x <= 0.98 and 0.25 <= y <= 0.9]
    changed = [np.abs(after - before)[y - 2 : y + 3, x - 2 : x + 3].max() > 60 for x, y in places]
    return float(np.mean(changed))
