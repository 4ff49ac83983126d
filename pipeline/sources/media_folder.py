"""Videos and photographs in folders: a file's folder is its label, the one above it its group where that is asked for.

Folders are walked by hand: `Path.rglob` passes over a folder that is forbidden without a word.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.detect.detected import Failure
from pipeline.errors import InputError
from pipeline.params import Images, Videos
from pipeline.sources.media import Media, shown
from pipeline.sources.recording import in_order


def find(root: Path, data: Videos | Images, suffixes: frozenset[str]) -> list[Media]:
    """Lists the files under a folder; one that may not be entered, or is named as a file, is an entry that fails.

    Raises: InputError naming a file that lies in no label folder, or in no group folder.
    """
    walked = dict(_walk(root, suffixes))
    if failure := walked.get(root):
        raise InputError(f"data.path: '{root}' cannot be read: {failure.reason}. Give a folder that can.")
    return [_named(path, walked[path], root, data) for path in in_order(walked)]


def _walk(folder: Path, suffixes: frozenset[str]) -> Iterator[tuple[Path, Failure | None]]:
    """Yields files with one of the suffixes, and folders that no clip can come from with the reason."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        kind = "forbidden" if isinstance(error, PermissionError) else "missing"
        yield folder, Failure(kind, f"the folder cannot be entered: {error.strerror}")
        return
    found = False
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if not os.path.isdir(path):  # noqa: PTH112 - the others raise: of a link to itself, in a forbidden folder
            if path.suffix.lower() in suffixes:
                found = True
                yield path, None
        elif not _leads_back(path):
            found = True
            yield from _walk(path, suffixes)
    if not found and folder.suffix.lower() in suffixes:
        yield folder, Failure("no video", "a folder that is named as a file, with none in it")


def _leads_back(folder: Path) -> bool:
    """Says whether a link leads to a folder that it lies in."""
    return folder.is_symlink() and folder.resolve() in folder.parent.resolve().joinpath("_").parents


def _named(path: Path, failure: Failure | None, root: Path, data: Videos | Images) -> Media:
    at = path.relative_to(root)
    by_name = isinstance(data, Images) and data.label_from == "name"
    levels = data.group_folder + (not by_name)
    if data.labelled and len(at.parts) != levels + 1 and failure is None:
        tree = "/".join([*["GROUP"] * data.group_folder, *["LABEL"] * (not by_name), "FILE"])
        raise InputError(
            f"'{shown(str(path))}': expected files under '{root}' as {tree}, got '{shown(str(at))}'. Put each file "
            f"into a folder named as its label, or set {_other_trees(data)}."
        )
    label = path.name.split("_")[0] if by_name else path.parent.name
    return Media(
        id=shown(at.as_posix()),
        label=shown(label) if data.labelled else "",
        group=shown(at.parts[0]) if data.group_folder and len(at.parts) > 1 else root.resolve().name,
        file=path,
        failure=failure,
    )


def _other_trees(data: Videos | Images) -> str:
    """Names what else could be set, with the option of `signloop extract`."""
    groups = "false (no --groups: LABEL/FILE)" if data.group_folder else "true (--groups: GROUP/LABEL/FILE)"
    named = ["data.label_from: name (--names: photographs named LABEL_…)"] if isinstance(data, Images) else []
    return ", ".join([*named, f"data.group_folder: {groups}", "or data.labelled: false (--unlabelled: any file)"])
