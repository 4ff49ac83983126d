"""Which videos or photographs a section names, and which of them are wanted; none is opened for it."""

from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.params import Images, Videos
from pipeline.samples import evenly
from pipeline.sources import media_folder, media_table, wlasl
from pipeline.sources.media import IMAGES, VIDEOS, Media, shown


def listed(data: Videos | Images) -> list[Media]:
    """Lists all that `data` names, in the order of ids.

    Raises: InputError when there is nothing, or an index is not as expected.
    """
    path, suffixes = Path(data.path), VIDEOS if isinstance(data, Videos) else IMAGES
    if not path.exists():
        raise InputError(f"data.path: '{path}' does not exist. Give a folder of {data.source}.")
    if path.is_file():
        found = [_single(path, data, suffixes)]
    elif data.index is None:
        found = media_folder.find(path, data, suffixes)
    else:
        found = _indexed(path / data.index, path / data.files if data.files else (path / data.index).parent, data)
    if not found:
        raise InputError(
            f"'{path}' holds no {data.source}: expected files that end in {', '.join(sorted(suffixes))}. Give another "
            "data.path."
        )
    return sorted(found, key=lambda media: media.id)


def _single(path: Path, data: Videos | Images, suffixes: frozenset[str]) -> Media:
    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"data.path: expected a folder, got the file '{path}'. Give the folder that holds it and name the file in "
            "data.index: DVC watches `path`, and so the files of the index too."
        )
    if data.labelled:
        raise InputError(f"data.path: '{path}' is one file and has no label. Give a folder, or data.labelled: false.")
    return Media(id=shown(path.name), label="", group=path.stem, file=path)


def _indexed(index: Path, folder: Path, data: Videos | Images) -> list[Media]:
    if not index.is_file():
        raise InputError(f"data.index: '{index}' does not exist. Name a file in '{data.path}'.")
    if index.suffix.lower() in media_table.SUFFIXES:
        return media_table.find(index, folder, data)
    if index.suffix.lower() == ".json" and isinstance(data, Videos):
        return wlasl.find(index, folder, data)
    valid = [*media_table.SUFFIXES, *([".json"] if isinstance(data, Videos) else [])]
    raise InputError(f"data.index: expected {' or '.join(valid)}, got '{index}'. Convert or rename it.")


def wanted(found: list[Media], data: Videos | Images) -> tuple[list[Media], Counter[str]]:
    """Returns what is to be looked at, and how many are left out for which reason.

    Raises: InputError when `classes` names a label that does not occur, or nothing is left.
    """
    there = [media for media in found if not (media.may_be_absent and not media.file.exists())]
    left_out = Counter({"absent": len(found) - len(there)})
    if not there:
        raise InputError(
            f"'{data.path}': none of the {len(found)} files that '{data.index}' lists is there, as '{found[0].file}'. "
            "Set data.files to the folder that holds them."
        )
    labels = _labels(there, data)
    number = {label: i for i, label in enumerate(labels)}
    target = np.asarray([number.get(media.label, -1) for media in there], np.int64)
    broken = np.asarray([media.failure is not None for media in there])
    left_out["no label"] = sum(not media.label and not media.failure for media in there) if data.labelled else 0
    left_out["label not in classes"] = int(((target < 0) & ~broken).sum()) - left_out["no label"]
    kept = np.flatnonzero((target >= 0) & ~broken)
    if data.max_per_class is not None:
        group = np.asarray([there[i].group for i in kept], object)
        few = kept[evenly(group, target[kept], data.max_per_class)] if len(kept) else kept
        left_out["above max_per_class"] = len(kept) - len(few)
        kept = few
    return [there[i] for i in np.sort(np.concatenate([kept, np.flatnonzero(broken)]))], left_out


def _labels(there: list[Media], data: Videos | Images) -> list[str]:
    """Returns the labels that are wanted; the empty one alone where nothing is labelled."""
    if not data.labelled:
        return [""]
    occurring = sorted({media.label for media in there} - {""})
    if not occurring and not any(media.failure for media in there):
        raise InputError(f"'{data.path}': every label is empty. Label the clips, or set data.labelled: false.")
    if absent := [name for name in data.classes if name not in occurring]:
        raise InputError(
            f"data.classes: '{absent[0]}' does not occur in '{data.path}'. It has {', '.join(occurring[:100])}. "
            "Correct the spelling (case counts), or leave it out."
        )
    return list(dict.fromkeys(data.classes)) or occurring
