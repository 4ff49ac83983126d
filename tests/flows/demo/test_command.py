"""`signloop demo`, from a recording to an annotated video, and how its mistakes are said."""

import os
from pathlib import Path

import av
import numpy as np
import pytest

from flows import command
from pipeline.detect.clip import clip
from pipeline.detect.detected import Detected
from pipeline.params.data import Detection
from tests.bundles import bundle
from tests.flows import registries
from tests.flows.demo.conftest import FPS, NUM_EMPTY, NUM_SHOWN
from tests.flows.demo.models import CLASSES, expected, write_clip, write_step
from tests.flows.project import Project, invoke
from tests.videos import write_video


@pytest.fixture
def root(project: registries.Project) -> Path:
    """A project with a version in Production, and nothing else that a project has."""
    for name in ("dvc.yaml", "params.yaml"):
        (project.root / name).touch()
    return project.root


def read(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


@pytest.mark.usefixtures("assets")
def test_a_recording_becomes_text_and_an_annotated_video_mirrored_or_not(tmp_path: Path, recorded: Path):
    found = clip(recorded, Detection(points="hand", num_hands=1), {"hand_landmarker": bundle("hand_landmarker")})
    assert isinstance(found, Detected)
    letter = expected(found.values[0, 0, 0], found.handedness)
    models = {"--mirror": write_clip(tmp_path / "model.onnx"), "--no-mirror": write_step(tmp_path / "step.onnx")}
    shown = {}
    for mirror, model in models.items():
        out = tmp_path / f"{mirror}.mp4"
        options = ("--model", str(model), "--confidence", "0.5", "--smoothing", "0.1", "-o", str(out), mirror)
        assert invoke(Project(tmp_path), "demo", str(recorded), *options) == f"{letter}\n"
        shown[mirror] = read(out)
    mirrored, as_it_is = shown["--mirror"], shown["--no-mirror"]
    assert len(mirrored) == len(as_it_is) == NUM_SHOWN + NUM_EMPTY
    rows = slice(60, 170)  # between what is written
    assert np.abs(mirrored[10][rows] - as_it_is[10][rows, ::-1]).mean() < 4
    assert np.abs(as_it_is[10][rows] - read(recorded)[10][rows]).max() > 100  # the skeleton


@pytest.mark.usefixtures("assets")
def test_a_selfie_is_the_other_hand_unless_it_is_turned_back(tmp_path: Path, recorded: Path, hand: np.ndarray):
    model, out = write_clip(tmp_path / "model.onnx"), tmp_path / "out.mp4"
    selfie = write_video(tmp_path / "selfie.mp4", [np.ascontiguousarray(hand[:, ::-1])] * NUM_SHOWN, FPS)

    def text(path: Path, *options: str) -> str:
        return invoke(Project(tmp_path), "demo", str(path), "--model", str(model), "-o", str(out), *options).strip()

    right = text(recorded)
    assert text(selfie, "--selfie") == right
    other = text(selfie)
    assert CLASSES.index(other) + CLASSES.index(right) == 3  # the other hand, in the other half


@pytest.mark.usefixtures("assets")
def test_production_answers_where_no_model_is_named(
    root: Path, recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    out = tmp_path / "out.mp4"
    options = ("--confidence", "0.3", "--height", "100", "-o", str(out))
    assert invoke(Project(root), "demo", str(recorded), *options) == "A\n"  # it has three classes and holds all alike
    assert read(out)[0].shape == (100, 200, 3)
    status, message = said(capfd, root, str(recorded), "--version", "2", "--stateful")
    assert (status, "'letters' version 2 is 'mlp', which has no memory" in message) == (1, True), message


def said(capfd: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str]:
    """Runs `main`, as the installed command does; returns its exit status and what it said on stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr("sys.argv", ["signloop", "demo", *arguments])
        for name in (*command.environment.SILENT, "QT_LOGGING_RULES"):
            patch.setenv(name, os.environ.get(name, "1"))
        with pytest.raises(SystemExit) as ended:
            command.main()
    return int(ended.value.code or 0), capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.mp4", "--camera", "1"], "a camera or a file, not both: got --camera 1 and 'a.mp4'"),
        (["a.mp4", "--model", "model.onnx", "--version", "2"], "--model or --version, not both"),
        (["a.mp4", "--stateful", "--window", "2"], "has no sliding window"),
        (["letters", "signs"], "at most a track and a file"),
        (["a.mp4", "./b"], "at most a track and a file"),
        (["a.mp4", "--confidence", "2"], "confidence: expected a number above 0 and up to 1, got 2"),
        (["a.mp4", "--words", "none.txt"], "word list 'none.txt': No such file or directory"),
        (["a.mp4", "--model", "none.onnx"], "'none.onnx' does not exist"),
        (["a.mp4", "--model", "model.onnx", "--stateful"], "'model.onnx' answers whole clips. Give the step.onnx"),
        (["a.mp4", "--model", "model.onnx"], "the bundle 'hand_landmarker' is missing"),
    ],
)
def test_a_mistake_is_a_message_and_status_1(
    tmp_path: Path,
    arguments: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    for name in ("SIGNLOOP_ASSETS", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    write_clip(tmp_path / "model.onnx")
    status, message_said = said(capfd, tmp_path, *arguments)
    assert (status, message in message_said) == (1, True), message_said
    assert "Traceback" not in message_said


@pytest.mark.usefixtures("assets")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.mp4", "-o", "out.mp4"], "'none.mp4' shows nothing: there is no such file"),
        (["text.mp4", "-o", "out.mp4"], "'text.mp4' shows nothing: "),
        (["text.mp4", "-o", "out.gif"], "expected a name that ends in .mp4"),
        (["text.mp4"], "no display to open a window on"),
        (["--camera", "93", "-o", "out.mp4"], "no camera 93: nothing opens there"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path,
    arguments: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("DISPLAY", raising=False)
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    write_clip(tmp_path / "model.onnx")
    status, message_said = said(capfd, tmp_path, *arguments, "--model", "model.onnx")
    assert (status, message in message_said) == (1, True), message_said
    assert not list(tmp_path.glob("*out*"))
