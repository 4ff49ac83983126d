"""One name in all places, and no stage that imports what DVC does not watch."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows import code, stages
from flows.layout import Layout
from pipeline.params import Track
from tests.flows.project import HERE, STAGES, Undisturbed, undisturbed

WRITTEN = {name: stage["do"] for name, stage in YAML(typ="safe").load(HERE / "dvc.yaml")["stages"].items()}
COMPUTED = [stage for stage in STAGES if stage != "code"]
HELD = {
    "feedback": "feedback",
    "samples": "samples",
    "split": "split",
    "encoder": "encoder",
    "model": "model",
    "exported": "exported",
    "evaluation": "evaluation",
}  # a stage's word for a file, and Layout's
# What `flows` itself imports to say where and to whom: it can change no file that a stage of `pipeline` writes.
OF_FLOWS = {f"registry.{name}" for name in ("load", "postgres", "reach", "store", "tracking")} | {"registry"}
LIGHT = ["code", "extract", "prepare", "pretrain"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(tmp_path_factory)


def function(stage: str) -> Any:
    return getattr(import_module(code.STAGES[stage]), stage)


def of_track(paths: list[Any]) -> set[str]:
    """Returns paths of dvc.yaml for the track `t`; an entry with options is a mapping of one path."""
    return {str(next(iter(p)) if isinstance(p, dict) else p).replace("${key}", "t") for p in paths}


def covers(path: str, listed: set[str]) -> bool:
    """Whether a path is listed, or lies in a listed folder, or is a folder of which files are listed."""
    return any(path == p or path.startswith(f"{p}/") or p.startswith(f"{path}/") for p in listed)


def test_a_stage_has_one_name_in_all_places() -> None:
    assert tuple(WRITTEN) == tuple(stages.STAGES) == STAGES
    assert list(code.STAGES) == COMPUTED
    assert {name: stage["cmd"] for name, stage in WRITTEN.items()} == {
        name: f"signloop stage {name} ${{key}}" for name in STAGES
    }
    assert all(function(stage).__name__ == stage for stage in COMPUTED)
    assert all((HERE / f"{code.STAGES[stage].replace('.', '/')}.py").is_file() for stage in COMPUTED)


def test_the_tracks_sections_are_those_of_params_yaml() -> None:
    written = YAML(typ="safe").load(HERE / "params.yaml")["tracks"]
    assert all(list(track) == list(Track.model_fields) for track in written.values())


@pytest.mark.parametrize("stage", COMPUTED)
def test_dvc_watches_exactly_the_sections_that_a_stage_takes(stage: str) -> None:
    taken = [p.name for p in inspect.signature(function(stage)).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    assert taken == [name for name in Track.model_fields if name in taken]
    assert WRITTEN[stage]["params"] == [f"tracks.${{key}}.{name}" for name in taken]


@pytest.mark.parametrize("stage", COMPUTED)
def test_dvc_watches_every_file_that_a_stage_reads_and_what_it_is_made_of(stage: str) -> None:
    deps = of_track(WRITTEN[stage]["deps"])
    assert f"artifacts/t/code/{stage}.json" in deps
    at = Layout(Path(), "t")
    read = [p.name for p in inspect.signature(function(stage)).parameters.values() if p.annotation is Path]
    for name in set(read) - {"out"}:
        assert covers(getattr(at, HELD[name]).as_posix(), deps), f"{stage} reads {name}"


def test_every_artifact_of_the_layout_is_an_out_and_only_the_decision_is_not_cached() -> None:
    outs = [out for stage in WRITTEN.values() for key in ("outs", "metrics", "plots") for out in stage.get(key, [])]
    at = Layout(Path(), "t")
    for name, value in vars(Layout).items():
        if isinstance(value, property) and name not in ("folder", "feedback"):
            assert covers(getattr(at, name).as_posix(), of_track(outs)), name
    uncached = [out for out in outs if isinstance(out, dict) and next(iter(out.values())).get("cache") is False]
    assert of_track(uncached) == {"artifacts/t/decision.json"}


def test_the_doors_names_are_watched_by_the_stage_that_lists_the_code() -> None:
    assert set(WRITTEN["code"]["params"]) == {"tracks.${key}.data.source", "tracks.${key}.model"}
    assert {"flows/code.py", *code.PACKAGES} == set(WRITTEN["code"]["deps"])


@pytest.mark.parametrize("stage", STAGES)
def test_the_copys_own_code_ran(whole: Undisturbed, stage: str) -> None:
    modules = json.loads((whole.imports / f"{stage}.json").read_text())["modules"]
    assert modules
    assert all(Path(file).is_relative_to(whole.project.root) for file in modules.values())


@pytest.mark.parametrize("stage", COMPUTED)
def test_a_stage_imports_nothing_that_dvc_does_not_watch(whole: Undisturbed, stage: str) -> None:
    modules = json.loads((whole.imports / f"{stage}.json").read_text())["modules"]
    watched = json.loads((whole.artifacts / "code" / f"{stage}.json").read_text())
    imported = {
        Path(file).relative_to(whole.project.root).as_posix()
        for name, file in modules.items()
        if name.split(".")[0] != "flows" and not (name in OF_FLOWS and stage != "promote")
    }
    assert imported - set(watched) == set()


@pytest.mark.parametrize("stage", LIGHT)
def test_a_stage_without_torch_starts_without_it(whole: Undisturbed, stage: str) -> None:
    assert json.loads((whole.imports / f"{stage}.json").read_text())["heavy"] == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_imports_prefect(whole: Undisturbed, stage: str) -> None:
    assert "prefect" not in json.loads((whole.imports / f"{stage}.json").read_text())["heavy"]


def test_help_imports_nothing_heavy(whole: Undisturbed) -> None:
    heavy = "'torch', 'mlflow', 'pandas', 'onnxruntime', 'lightning', 'prefect', 'dvc'"
    script = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('heavy:', sorted({{{heavy}}} & set(sys.modules))))\n"
        "from flows.command import main\n"
        "sys.argv = ['signloop', '--help']\n"
        "main()\n"
    )
    said = whole.project.run("python", "-c", script)
    assert "Keep a recognition model in Production" in said
    assert said.endswith("heavy: []\n")
