"""`signloop extract`, and `signloop predict` of a folder of photographs, by MediaPipe itself."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.command import app
from pipeline import samples as store
from pipeline.errors import InputError
from tests.bundles import bundle
from tests.flows.project import HERE, Project, make_project, served

PHOTOS = HERE / ".." / "shared" / "data" / "photos" / "nmt"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no photographs of hands at '{PHOTOS}'"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return served(tmp_path_factory)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNLOOP_ASSETS", str(bundle("hand_landmarker").parent))
    monkeypatch.setenv("SIGNLOOP_EXECUTOR", "here")
    (tmp_path / "photos").mkdir()
    for name in ("A_020.jpg", "B_020.jpg", "C_000_nodet.jpg", "D_020.jpg"):
        shutil.copyfile(PHOTOS / name, tmp_path / "photos" / name)
    (tmp_path / "photos" / "E_1.jpg").write_text("no picture")
    return tmp_path / "photos"


def run(project: Project, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer


def finished(project: Project) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (project.root / ".signloop/clips").rglob("*.npz")}


def test_photographs_become_a_store_and_nothing_is_looked_at_twice(
    project: Project, photographs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clips.h5"
    command = ("extract", str(photographs), "--names", "--max-failed", "0.3", "-o", str(out))
    assert "3 clips, 3 frames, 3 labels\nleft out: nothing seen 1, no video 1" in run(project, *command).stdout
    samples = store.read(out)
    assert samples.class_names == ("A", "B", "D")
    assert samples.rows["world"].shape == (3, 21, 3)
    before, written = out.read_bytes(), finished(project)
    assert len(written) == 4
    run(project, *command)
    assert finished(project) == written
    assert out.read_bytes() == before


def test_answers_of_photographs_are_counted(project: Project, photographs: Path) -> None:
    said = run(project, "predict", "letters", str(photographs), "--json")
    answers = {answer["id"]: answer for answer in map(json.loads, said.stdout.splitlines())}
    assert answers.keys() == {"A_020.jpg", "B_020.jpg", "C_000_nodet.jpg", "D_020.jpg"}
    assert answers["C_000_nodet.jpg"]["score"] is None
    assert [answers[name].get("truth") for name in ("A_020.jpg", "D_020.jpg")] == ["A", None]  # it knows A, B, C
    right = sum(answer["label"] == answer.get("truth") for answer in answers.values())
    assert f"accuracy {right / 3:.3f} of 3 labelled clips, {right / 2:.3f} of the 2 in which" in said.stderr


def test_a_store_has_a_name_that_says_so(project: Project, photographs: Path) -> None:
    with pytest.raises(InputError, match=r"expected a name that ends in \.h5"):
        run(project, "extract", str(photographs), "-o", "clips.npz")


@pytest.mark.slow  # tests/flows/test_code.py says by default what the stage is made of
def test_dvc_extracts_again_when_a_bundles_hash_or_a_photograph_changes_and_looks_only_at_what_is_new(
    photographs: Path, tmp_path: Path
) -> None:
    made = make_project(tmp_path / "project")
    shutil.copytree(photographs, made.root / "photos")
    track = made.params["tracks"]["letters"]
    data = {"source": "images", "path": "photos", "label_from": "name", "max_failed": 0.3}
    made.set("tracks", {"photos": track | {"data": data}})
    stages = ("-s", "code@photos", "extract@photos")

    assert made.repro(*stages) == ["code@photos", "extract@photos"]
    first, looked = made.lock, finished(made)
    assert len(looked) == 4
    assert made.repro(*stages) == []
    with made.appended({"pipeline/detect/bundles.py": "\nADDED = 1\n"}):
        assert made.repro(*stages) == ["code@photos", "extract@photos"]
    assert finished(made) == looked
    assert made.lock["extract@photos"] == first["extract@photos"]
    shutil.copyfile(PHOTOS / "A_040.jpg", made.root / "photos" / "A_040.jpg")
    assert "extract@photos" in made.repro(*stages)
    assert finished(made).items() > looked.items()
    assert made.lock["extract@photos"] != first["extract@photos"]
