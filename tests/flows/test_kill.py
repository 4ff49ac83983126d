"""kill -9 in every stage, at moments that a hook in its own process picks, and then the same command again.

DVC is killed with it, so its locks are left behind as well. See tests/flows/watched/sitecustomize.py. The stages go on
from each other's outs, in order.
"""

import json
import shutil
import signal
from pathlib import Path

import pytest
import torch

from pipeline.files import sha256
from registry.database import contents
from registry.store import local_store
from registry.versions import PRODUCTION, versions
from tests.flows.project import STAGES, Project, make_project, undisturbed

pytestmark = pytest.mark.slow

PART = r"\.\d+\.part$"  # as pipeline.files names what is not whole yet
MOMENTS: dict[str, list[tuple[str, str, int]]] = {
    "code": [("os.rename", "train.json", 1), ("os.rename", rf"/\.code{PART}", 1)],
    "extract": [("import", "^pipeline.extract$", 1), ("os.rename", rf"/\.samples.h5{PART}", 1)],
    "prepare": [("os.rename", r"audit\.md", 1), ("os.rename", rf"/\.prepare{PART}", 1)],
    "pretrain": [("import", "^pipeline.pretrain$", 1), ("os.rename", rf"/\.encoder.safetensors{PART}", 1)],
    "train": [("os.rename", r"/checkpoints/", 2), ("os.rename", rf"/\.model{PART}", 1)],
    "export": [("os.rename", rf"/\.export{PART}", 1)],
    "evaluate": [("os.rename", r"metrics\.json", 1), ("os.rename", rf"/\.evaluation{PART}", 1)],
    "promote": [("open", r"/mlflow/artifacts/.+\.onnx$", 1), ("os.rename", rf"/\.decision.json{PART}", 1)],
}
OUT = {
    "code": "code",
    "extract": "samples.h5",
    "prepare": "prepare",
    "pretrain": "encoder.safetensors",
    "train": "model",
    "export": "export",
    "evaluate": "evaluation",
    "promote": "decision.json",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Project:
    made = make_project(tmp_path_factory.mktemp("killed") / "project")
    (made.root / ".signloop/mlflow").mkdir(parents=True)
    shutil.copyfile(migrated, made.root / ".signloop/mlflow/mlflow.db")
    return made


def kill_at(stage: str, moment: tuple[str, str, int]) -> str:
    return json.dumps([stage, *moment])


def epochs_kept(project: Project) -> int:
    (path,) = (project.root / ".signloop/checkpoints").glob("*.pt")
    return torch.load(path, weights_only=True)["progress"]["epoch"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_finishes_when_asked_again(project: Project, stage: str) -> None:
    out = project.root / "artifacts/letters" / OUT[stage]
    target = f"{stage}@letters"
    for number, moment in enumerate(MOMENTS[stage]):
        project.run("dvc", "repro", "-s", target, status=-signal.SIGKILL, STAGE_KILL=kill_at(stage, moment))
        assert not out.exists()  # what there is of it lies beside, under another name
        assert stage != "train" or epochs_kept(project) == number + 1
    no_more_epochs = kill_at("train", ("os.rename", "/checkpoints/", 1))
    assert project.repro("-s", target, STAGE_KILL=no_more_epochs) == [target]
    assert out.exists()


def test_one_version_came_of_it(project: Project) -> None:
    (version,) = versions(local_store(project.root / ".signloop"), "letters")
    assert PRODUCTION in version.aliases
    assert version.decision == project.json("artifacts/letters/decision.json")
    (finished,) = contents(project.root / ".signloop/mlflow/mlflow.db").finished
    assert (project.root / f".signloop/checkpoints/letters-{finished}.pt").exists()


def test_the_outs_are_those_of_an_undisturbed_run(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = undisturbed(tmp_path_factory)
    for stage, name in OUT.items():
        if stage != "promote":
            assert sha256(project.root / "artifacts/letters" / name) == sha256(whole.artifacts / name), stage
    assert {name: outs for name, outs in project.lock.items() if name != "promote@letters"} == {
        name: outs for name, outs in whole.lock.items() if name != "promote@letters"
    }
