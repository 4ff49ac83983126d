"""Clips in folders: a clip's folder is its label, and the one above it its group where `group_folder` says so."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.sources.recording import Clip, Recording, session


def named(path: Path, entries: list[Path], data: LandmarkClips, load: Callable[[Path], Clip]) -> list[Recording]:
    """Names each entry, a clip's file or its folder of frames, by where it lies under `path`.

    Raises: InputError naming an entry that lies in no label folder, or in no group folder.
    """
    root = path.parent if path.is_file() else path
    levels = 1 + data.group_folder
    for entry in entries:
        if data.labelled and len(entry.relative_to(root).parts) != levels + 1:
            tree = "GROUP/LABEL/CLIP" if data.group_folder else "LABEL/CLIP"
            raise InputError(
                f"'{entry}': expected clips under '{path}' as {tree}, got '{entry.relative_to(root)}'. Put each clip "
                "into a folder named as its label, or set data.labelled: false."
            )
    return [
        Recording(
            id=entry.relative_to(root).with_suffix("").as_posix() if entry.is_file() else _relative(entry, root),
            label=entry.parent.name if data.labelled else "",
            group=_group(entry, root, data),
            load=partial(load, entry),
        )
        for entry in entries
    ]


def _relative(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix() if folder != root else root.name


def _group(entry: Path, root: Path, data: LandmarkClips) -> str:
    if data.group_folder and data.labelled:
        return entry.parent.parent.name
    if data.seq_block is not None:
        return session(entry.stem, data.seq_block, f"'{entry}'")
    return root.name
