"""The command line: what a person types, what they read, and how a mistake is said."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows import command
from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from tests.factories import make_hand
from tests.flows.project import HERE, Project, invoke, served

COMMANDS = (
    "use",
    "stage",
    "split",
    "retrain",
    "schedule",
    "extract",
    "predict",
    "show",
    "convert",
    "demo",
    "models",
    "log",
    "feedback",
    "hub",
    "assets",
    "architectures",
    "leave-one-out",
    "motion",
    "bench",
    "doctor",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return served(tmp_path_factory)


@pytest.fixture
def parameters(project: Project, tmp_path: Path) -> Project:
    """A project that may be changed: parameters, stages and samples, without a registry."""
    for name in ("params.yaml", "dvc.yaml", "artifacts/letters/samples.h5"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile((HERE if name == "params.yaml" else project.root) / name, tmp_path / name)
    return Project(tmp_path)


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    path = tmp_path / "hand.json"
    path.write_text(json.dumps(make_hand().tolist()), encoding="utf-8")
    return path


def said(capfd: pytest.CaptureFixture[str], project: Project, *arguments: str) -> tuple[int, str]:
    """Runs `main`, as the installed command does; returns its exit status and what it said on stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        patch.setattr("sys.argv", ["signloop", *arguments])
        for name in command.environment.SILENT:
            patch.setenv(name, os.environ.get(name, "1"))
        with pytest.raises(SystemExit) as ended:
            command.main()
    return int(ended.value.code or 0), capfd.readouterr().err


def test_help_names_every_command(project: Project) -> None:
    shown = invoke(project, "--help")
    assert all(name in shown for name in (*COMMANDS, "backup", "restore", "gc"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stage", "learn", "letters"], "unknown stage 'learn'"),
        (["stage", "train", "signs"], "unknown track 'signs'"),
        (["predict", "letters", "none.csv"], "'none.csv' does not exist"),
        (["predict", "signs", "none.csv"], "no model 'signs'"),
        (["predict", "letters", "x.json", "--model", "model.pt"], "Pickled weights are not read"),
        (["predict", "letters", "x.json", "--version", "9"], "has no version 9"),
        (["models", "show", "signs"], "unknown track 'signs'"),
        (["models", "list", "signs"], "no model 'signs'"),
        (["use"], "give either a file"),
        (["split", "freeze", "signs"], "unknown track 'signs'"),
        (["show", "artifacts/letters/samples.h5", "nobody"], "no clip 'nobody'. The nearest of"),
        (["convert", "artifacts/letters/samples.h5", "clips.mp4"], "unknown suffix '.mp4'"),
        (["leave-one-out", "letters", "--group", "nobody"], "unknown group 'nobody'"),
    ],
)
def test_a_mistake_is_a_message_and_status_1(
    capfd: pytest.CaptureFixture[str], project: Project, arguments: list[str], message: str
) -> None:
    status, stderr = said(capfd, project, *arguments)
    assert status == 1
    assert stderr.startswith("error: ")
    assert message in stderr
    assert "Traceback" not in stderr


def test_debug_shows_the_traceback_and_a_process_exits_1(project: Project) -> None:
    quiet = project.run("signloop", "stage", "learn", "letters", status=1)
    assert quiet.startswith("error: unknown stage 'learn'")
    loud = project.run("signloop", "--debug", "stage", "learn", "letters", status=1)
    assert "Traceback" in loud
    assert "InputError: unknown stage 'learn'" in loud


def test_predict_says_which_engine_answered(capfd: pytest.CaptureFixture[str], project: Project, frame: Path) -> None:
    answers: dict[str, str] = {}
    at = "artifacts/letters"
    for model in ("", f"{at}/export/model.onnx", f"{at}/model/model.safetensors", f"{at}/model"):
        status, stderr = said(capfd, project, "predict", "letters", str(frame), *(["--model", model] if model else []))
        assert status == 0
        answers[model] = stderr
    assert "letters version 1, fp32, ONNX Runtime" in answers[""]
    assert "model.onnx, fp32, ONNX Runtime" in answers[f"{at}/export/model.onnx"]
    assert "model.safetensors, fp32, PyTorch" in answers[f"{at}/model/model.safetensors"]
    assert "PyTorch" in answers[f"{at}/model"]


def test_predict_answers_for_every_clip(project: Project, frame: Path) -> None:
    line = invoke(project, "predict", "letters", str(frame)).splitlines()
    assert len(line) == 1
    clip, ranked, *unsure = line[0].split("\t")
    assert clip == "hand/0"
    assert sorted(part.split()[0] for part in ranked.split("  ")) == ["A", "B", "C"]
    lines = invoke(project, "predict", "letters", "artifacts/letters/samples.h5", "--json", "--top", "1").splitlines()
    assert len(lines) == len(store.read(project.root / "artifacts/letters/samples.h5", values=False))
    assert set(json.loads(lines[0])) == {"id", "label", "score", "top", "seen", "uncertain", "truth"}
    answers = [json.loads(line) for line in lines]
    threshold = project.json("artifacts/letters/evaluation/calibration.json")["fp32"]["threshold"]
    assert [a["uncertain"] for a in answers] == [a["score"] < threshold for a in answers]
    (said,) = (json.loads(x) for x in invoke(project, "predict", "letters", str(frame), "--json").splitlines())
    assert unsure == (["uncertain"] if said["uncertain"] else [])


def test_engines_agree_and_no_hand_has_an_answer_of_its_own(project: Project, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps([[[None] * 21], [make_hand().tolist()]]), encoding="utf-8")

    def answers(*options: str) -> list[dict[str, Any]]:
        return [
            json.loads(x) for x in invoke(project, "predict", "letters", str(nothing), "--json", *options).splitlines()
        ]

    at = "artifacts/letters"
    onnx, torch = answers("--model", f"{at}/export/model.onnx"), answers("--model", f"{at}/model")
    assert onnx[0] == {"id": "nothing/0", "label": "no hand", "score": None, "top": [], "seen": 0.0, "uncertain": None}
    assert torch[0] == onnx[0]
    calibrated = answers("--version", "1")
    assert calibrated[0] == onnx[0]
    assert [a["label"] for a in onnx] == [a["label"] for a in torch] == [a["label"] for a in calibrated]
    assert torch[1]["score"] == pytest.approx(onnx[1]["score"], abs=1e-5)


def test_models_list_and_show(project: Project) -> None:
    listed = invoke(project, "models", "list")
    assert "candidate, production" in listed
    assert "passed" in listed
    assert invoke(project, "models", "list", "letters") == listed
    shown = invoke(project, "models", "show", "--next")
    assert shown.startswith("letters: version 1 [candidate, production]")
    assert shown.count("\n  signloop ") + shown.count("\n  dvc ") == 3
    assert invoke(project, "models", "show", "letters", "--version", "1") in shown


def test_architectures_shows_true_counts(project: Project) -> None:
    """102 features, a hidden layer of 8 with its norm, 26 letters."""
    shown = invoke(project, "architectures").replace(",", "")
    assert str((102 * 8 + 8) + 2 * 8 + (8 * 26 + 26)) in shown


def test_use_and_undo(parameters: Project) -> None:
    before = (parameters.root / "params.yaml").read_bytes()
    overlay = parameters.root / "overlay.yaml"
    overlay.write_text("tracks: {letters: {train: {epochs: 7}}}", encoding="utf-8")
    shown = invoke(parameters, "use", str(overlay))
    assert "+      epochs: 7" in shown
    assert "Next: dvc repro" in shown
    assert parameters.params["tracks"]["letters"]["train"]["epochs"] == 7
    assert "-      epochs: 7" in invoke(parameters, "use", "--undo")
    assert (parameters.root / "params.yaml").read_bytes() == before
    with pytest.raises(InputError, match="give either a file"):
        invoke(parameters, "use", str(overlay), "--undo")


def test_split_freeze_writes_the_groups_that_prepare_tests_on(project: Project, parameters: Project) -> None:
    share = project.params["tracks"]["letters"]["prepare"]["test_share"]
    parameters.set("tracks.letters.prepare.test_share", share)
    assert "+" in invoke(parameters, "split", "freeze", "letters")
    tested = splits.read(project.root / "artifacts/letters/prepare/split.json").groups["test"]
    assert parameters.params["tracks"]["letters"]["prepare"]["test"] == list(tested)
    assert invoke(parameters, "split", "freeze", "letters") == "params.yaml is as it was.\n"


def test_a_stage_runs_by_its_name(project: Project, parameters: Project) -> None:
    shutil.copytree(project.root / "pipeline/sources", parameters.root / "pipeline/sources")
    parameters.set("tracks.letters.data", project.params["tracks"]["letters"]["data"])
    samples = parameters.root / "artifacts/letters/samples.h5"
    whole = samples.read_bytes()
    samples.unlink()
    invoke(parameters, "stage", "extract", "letters")
    assert samples.read_bytes() == whole


def test_the_embedded_letters_are_shown_and_converted(project: Project, tmp_path: Path) -> None:
    file = "artifacts/letters/samples.h5"
    samples = store.read(project.root / file)
    shown = invoke(project, "show", file)
    assert f"{len(samples):,} of {len(samples.class_names)} classes" in shown
    assert "synthetic_letters (synthetic)" in shown
    invoke(project, "show", file, "--out", str(tmp_path / "sheet.png"), "--most", "26")
    invoke(project, "show", file, str(samples.id[0]), str(samples.id[-1]), "-o", str(tmp_path / "two.gif"))
    assert {path.name for path in tmp_path.iterdir()} == {"sheet.png", "two.gif"}
    for step in ("clips.parquet", "clips.npz", "again.h5"):
        invoke(project, "convert", file, str(tmp_path / step))
        file = str(tmp_path / step)
    assert (tmp_path / "again.h5").read_bytes() == (project.root / "artifacts/letters/samples.h5").read_bytes()


@pytest.mark.slow
def test_leave_one_out_by_one_command(project: Project, tmp_path: Path) -> None:
    groups, out = ["signer_0003", "signer_0000"], tmp_path / "accuracy.csv"
    chosen = [word for group in groups for word in ("--group", group)]
    shown = invoke(project, "leave-one-out", "letters", *chosen, "--seeds", "1", "--workers", "1", "--out", str(out))
    assert [line.split()[0] for line in shown.splitlines() if line.strip()][-5:] == [*groups, "mean", "worst", "95"]
    table = pd.read_csv(out, index_col=0)
    assert list(table.index) == groups
    assert all(3 * accuracy == pytest.approx(round(3 * accuracy)) for accuracy in table["0"])  # of three clips
