"""Which modules a stage of a track is made of, in a project whose code the tests edit."""

from pathlib import Path

import pytest

from flows.code import closure
from pipeline.errors import InputError
from pipeline.params import parse
from tests.flows.project import HERE, Project, make_project

Code = dict[str, dict[str, str]]
LAZY = "\n\ndef later() -> None:\n    if True:\n        from {package} import {module}  # noqa: F401\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("code") / "project")
    tracks = made.params["tracks"]
    made.set("tracks.plain", tracks["letters"] | {"model": {"name": "linear", "features": "raw"}})
    return made


@pytest.fixture(scope="module")
def before(project: Project) -> dict[str, Code]:
    return written(project)


def written(project: Project) -> dict[str, Code]:
    """Returns {track: {stage: {file: hash}}} as the stage writes it."""
    found: dict[str, Code] = {}
    for track in ("letters", "plain"):
        project.run("signloop", "stage", "code", track)
        folder = project.root / "artifacts" / track / "code"
        found[track] = {path.stem: project.json(str(path)) for path in folder.iterdir()}
    return found


def changed(before: dict[str, Code], after: dict[str, Code]) -> set[str]:
    return {f"{s}@{t}" for t, stages in after.items() for s, files in stages.items() if files != before[t][s]}


def test_a_stage_is_its_own_module_what_that_imports_and_the_doors_choice(before: dict[str, Code]) -> None:
    letters, plain = before["letters"], before["plain"]
    assert {"pipeline/extract.py", "pipeline/sources/synthetic_letters.py", "pipeline/sources/camera.py"} <= set(
        letters["extract"]
    )
    assert "pipeline/sources/landmark_table.py" not in letters["extract"]
    for stage in ("train", "export"):
        assert {"pipeline/models/mlp.py", "pipeline/features/invariant.py"} <= set(letters[stage])
        assert {"pipeline/models/linear.py", "pipeline/features/raw.py"} <= set(plain[stage])
        assert not {"pipeline/models/mlp.py", "pipeline/features/invariant.py"} & set(plain[stage])
    assert not any(file.startswith("flows") for files in letters.values() for file in files)


@pytest.mark.parametrize(
    ("added", "stages"),
    [
        ({"pipeline/models/mlp.py": "\nADDED = 1\n"}, {"train@letters", "export@letters"}),
        ({"pipeline/features/raw.py": "\nADDED = 1\n"}, {"train@plain", "export@plain"}),
        (
            {
                "pipeline/models/near.py": LAZY.format(package="pipeline.models", module="far"),
                "pipeline/models/far.py": "",
                "pipeline/models/linear.py": LAZY.format(package="pipeline.models", module="near"),
            },
            {"train@plain", "export@plain"},
        ),
        ({"pipeline/sources/camera.py": "\nADDED = 1\n"}, {"extract@letters", "extract@plain"}),
        ({"registry/card.py": "\nADDED = 1\n"}, {"promote@letters", "promote@plain"}),
        ({"pipeline/models/unused.py": "", "flows/summary.py": "\nADDED = 1\n"}, set()),
    ],
)
def test_an_edit_changes_what_imports_it_and_no_more(
    project: Project, before: dict[str, Code], added: dict[str, str], stages: set[str]
) -> None:
    with project.appended(added):
        after = written(project)
    assert changed(before, after) == stages
    if "pipeline/models/far.py" in added:
        assert "pipeline/models/far.py" in after["plain"]["train"]


def test_a_whole_bodys_features_bring_their_preprocessing_and_a_hands_do_not() -> None:
    hand = parse({"tracks": {"t": {"data": {"source": "synthetic_letters"}, "model": {"name": "mlp"}}}}).track("t")
    body = hand.model_copy(update={"model": hand.model.model_copy(update={"features": "points"})})
    whole_body = {f"pipeline/features/{name}.py" for name in ("points", "holistic", "body", "gaps")}
    for stage in ("train", "export"):
        assert whole_body <= set(closure(stage, body, HERE))
        assert not whole_body & set(closure(stage, hand, HERE))


@pytest.mark.parametrize("source", ["videos", "images"])
def test_the_detectors_bundles_belong_to_a_stage_that_looks_at_pictures_and_to_no_other(source: str) -> None:
    """Their hashes are constants of a module, so that another bundle runs the stage again."""
    tracks = {
        name: {"data": {"source": name, "path": "p"} if name == source else {"source": name}, "model": {"name": "mlp"}}
        for name in (source, "synthetic_letters")
    }
    params = parse({"tracks": tracks})
    looks, other = (closure("extract", params.track(name), HERE) for name in tracks)
    detecting = {f"pipeline/detect/{name}.py" for name in ("bundles", "clip", "landmarkers", "hands", "reading")}
    assert {*detecting, f"pipeline/sources/{source}.py", "pipeline/sources/media_folder.py"} <= set(looks)
    assert not any(file.startswith(("pipeline/detect", "pipeline/sources/media")) for file in other)
    assert not any(file.startswith("flows") for file in looks)
    further = params.track("synthetic_letters").pretrain.model_copy(update={"data": params.track(source).data})
    pretrains = params.track("synthetic_letters").model_copy(update={"pretrain": further})
    assert detecting <= set(closure("pretrain", pretrains, HERE))


def test_a_module_that_is_not_in_this_tree_is_named(tmp_path: Path) -> None:
    track = parse({"tracks": {"t": {"data": {"source": "synthetic_letters"}, "model": {"name": "mlp"}}}}).track("t")
    with pytest.raises(InputError, match=r"'pipeline/.*py' is not in"):
        closure("extract", track, tmp_path)
