"""Which code a stage of a track is made of: its modules and all that they import, each with its hash.

DVC re-runs a stage only for what its `deps` list, and a list written by hand goes stale without a sound: a helper
that a model starts to import would be missing. So the first stage of each track writes these files, and every other
stage depends on its own; it re-runs exactly when something that it imports has changed. See docs/decisions/002.
"""

from pathlib import Path

from pipeline import summary
from pipeline.errors import InputError
from pipeline.features import modules
from pipeline.files import replacing, sha256, write_json
from pipeline.fitting import augmentation
from pipeline.params import Track, form_of

PACKAGES = ("pipeline", "registry")
STAGES = {
    "extract": "pipeline.extract",
    "prepare": "pipeline.prepare",
    "pretrain": "pipeline.pretrain",
    "train": "pipeline.train",
    "export": "pipeline.export",
    "evaluate": "pipeline.evaluate",
    "promote": "registry.promote",
}


def chosen_by_name(stage: str, track: Track) -> list[str]:
    """Returns the modules that the doors import by a name in params.yaml, and no import statement shows."""
    network = [f"pipeline.models.{track.model.name}", *modules(track.model.features)]
    further, changes = track.pretrain.data, augmentation.module(form_of(track.model))
    return {
        "extract": [f"pipeline.sources.{track.data.source}"],
        "pretrain": [
            *([*network, changes] if track.pretrain.method != "none" else []),
            *([f"pipeline.sources.{further.source}"] if further else []),
        ],
        "train": [*network, changes],
        "export": network,
        "evaluate": [summary.module(form_of(track.model))],
    }.get(stage, [])


def closure(stage: str, track: Track, root: Path) -> dict[str, str]:
    """Returns {path from root: sha256} of every module that the stage of this track can import.

    Raises: InputError when the code that runs has a module which this tree lacks.
    """
    import grimp

    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
    modules: set[str] = set()
    pending = [STAGES[stage], *chosen_by_name(stage, track)]
    while pending:
        module = pending.pop()
        if module in modules:
            continue
        modules.add(module)
        pending += graph.find_modules_directly_imported_by(module)
        if "." in module:
            pending.append(module.rpartition(".")[0])  # importing a module runs its packages' __init__
    files = sorted(_file(root, module) for module in modules)
    if absent := [file.relative_to(root).as_posix() for file in files if not file.exists()]:
        raise InputError(
            f"'{absent[0]}' is not in '{root}', while the installed code imports it. An experiment in a copy has only "
            "what git tracks: `git add` it."
        )
    return {file.relative_to(root).as_posix(): sha256(file) for file in files}


def code(track: Track, *, root: Path, out: Path) -> None:
    """Writes out/STAGE.json for every stage of a track."""
    with replacing(out) as beside:
        beside.mkdir()
        for stage in STAGES:
            write_json(beside / f"{stage}.json", closure(stage, track, root))


def _file(root: Path, module: str) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
