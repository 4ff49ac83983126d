"""The stage table, called in this process: what DVC does in one each."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from flows import stages
from flows.layout import Layout
from flows.starting import model_folder
from pipeline import params
from pipeline.errors import InputError
from pipeline.params import Teacher
from registry.store import local_store
from registry.tracking import model_sha256
from registry.versions import PRODUCTION, versions
from tests.flows.project import STAGES, Project, served


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return served(tmp_path_factory)


def call(project: Project, state: Path, *, at: Path | None = None, **changes: object) -> stages.Call:
    read = params.read(project.root / "params.yaml").model_copy(update=changes)
    layout = Layout(at or project.root, "letters")
    return stages.Call(params=read, layout=layout, state=state, store=local_store(state))


def test_the_stages_end_with_a_version_in_production(project: Project) -> None:
    (version,) = versions(local_store(project.root / ".signloop"), "letters")
    assert PRODUCTION in version.aliases
    assert version.decision == project.json("artifacts/letters/decision.json")
    assert (project.root / ".signloop/plots/page.html").exists()


def test_every_stage_left_its_artifact_and_nothing_half_written(project: Project) -> None:
    at = Layout(project.root, "letters")
    whole = [at.code, at.samples, at.prepared, at.encoder, at.model, at.exported, at.evaluation, at.decision]
    assert sorted(at.folder.iterdir()) == sorted(whole)
    assert not [path for path in at.folder.rglob("*") if path.name.endswith(".part")]


def test_a_training_without_tracking_gives_the_same_weights(project: Project, tmp_path: Path) -> None:
    shutil.copytree(project.root / "artifacts", tmp_path / "artifacts")
    before = model_sha256(tmp_path / "artifacts/letters/model")
    shutil.rmtree(tmp_path / "artifacts/letters/model")
    stages.train(call(project, tmp_path / "state", at=tmp_path, tracking="none"))
    assert model_sha256(tmp_path / "artifacts/letters/model") == before
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["checkpoints"]


def test_the_key_of_a_training_follows_what_goes_into_it_and_nothing_else(project: Project, tmp_path: Path) -> None:
    now = call(project, tmp_path)
    key = stages.training_key(now)

    def with_track(**sections: object) -> stages.Call:
        track = now.track.model_copy(update=sections)
        return call(project, tmp_path, tracks={"letters": track})

    assert stages.training_key(with_track()) == key
    assert stages.training_key(with_track(gates=now.track.gates.model_copy(update={"ece": None}))) == key
    faster = now.track.train.model_copy(update={"learning_rate": 0.5})
    assert stages.training_key(with_track(train=faster)) != key


def test_the_key_of_a_training_follows_the_weights_that_a_name_means_today(project: Project, tmp_path: Path) -> None:
    now, folders = call(project, tmp_path), [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "model.safetensors").write_text(folder.name)
    keys = [stages.training_key(now, *chosen) for chosen in ((None, None), (folders[0], None), (None, folders[0]))]
    assert len({*keys, stages.training_key(now, folders[1], None)}) == 4


@pytest.mark.parametrize("name", ["production", 1, "artifacts/letters/model"])
def test_a_training_starts_from_a_version_or_a_folder(project: Project, tmp_path: Path, name: str | int) -> None:
    """One step at a rate that moves nothing leaves what it started from."""
    shutil.copytree(project.root / "artifacts", tmp_path / "artifacts")
    track = call(project, tmp_path).track
    still = {"init_from": name, "epochs": 1, "learning_rate": 1e-12}
    track = track.model_copy(update={"train": track.train.model_copy(update=still)})
    registry = call(project, project.root / ".signloop", at=tmp_path, tracking="none", tracks={"letters": track})
    stages.train(registry)
    former, now = (load_file(root / "artifacts/letters/model/model.safetensors") for root in (project.root, tmp_path))
    torch.testing.assert_close(now["network.head.weight"], former["network.head.weight"], atol=1e-6, rtol=0)


def test_a_teacher_is_found_by_its_name_and_who_is_it_has_nothing_to_learn(project: Project, tmp_path: Path) -> None:
    """A copy of Production that learns from Production alone has no loss; from the labels it has one."""
    shutil.copytree(project.root / "artifacts", tmp_path / "artifacts")
    track, losses = call(project, tmp_path).track, []
    for teacher in (None, Teacher(weights="production", share=1.0)):
        still = {"init_from": "production", "epochs": 1, "learning_rate": 1e-12, "teacher": teacher}
        changed = track.model_copy(update={"train": track.train.model_copy(update=still)})
        at = project.root / ".signloop"
        stages.train(call(project, at, at=tmp_path, tracking="none", tracks={"letters": changed}))
        losses.append(float(pd.read_csv(tmp_path / "artifacts/letters/model/history.csv")["train_loss"].iloc[0]))
    assert losses[1] < losses[0] / 20


def test_a_name_that_means_no_weights_is_refused(project: Project, tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"tracks\.letters\.train: 'nowhere': expected production, a version's number"),
        model_folder("nowhere", store=local_store(tmp_path), at=Layout(tmp_path, "letters")),
    ):
        pass


def test_an_unknown_stage_or_track_lists_the_valid_ones(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=f"unknown stage 'learn'. Valid: {', '.join(STAGES)}"):
        stages.run("learn", call(project, project.root))
    monkeypatch.chdir(project.root)
    with pytest.raises(InputError, match=r"unknown track 'signs'\. params\.yaml has: letters"):
        stages.call(project.root, "signs")
