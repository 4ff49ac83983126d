"""`.pose` files: a folder GROUP/LABEL/CLIP.pose, or one clip in a file.

clips.csv in the folder keeps what the files have no place for: id, label and group as they are written, which of them
hold one hand alone, and which hand nobody knows. A folder without it is read by how deep its files lie.
"""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.formats.keeping import Otherwise, labels, refuse_far, unordered, unsaid
from pipeline.formats.pose_clip import write_clip
from pipeline.params import LandmarkClips
from pipeline.samples import Samples, from_clips
from pipeline.sources import landmark_clips, pose_files
from pipeline.sources.pose_files import HOLISTIC

INDEX = "clips.csv"
TEXT = ("file", "id", "label", "group", "skeleton")
NUMBERS = ("fps", "aspect", "handedness")
UNSAFE = re.compile(r'[%/\\:*?"<>|\x00-\x1f]|^\.|[. ]$')  # on one of the systems that a folder may be copied to
LONGEST = 200  # bytes of a file's name


def write(path: Path, samples: Samples) -> list[str]:
    """Writes a folder of clips, or one clip to a file."""
    refuse_far(samples, "the reader of .pose files")
    if path.suffix.lower() == ".pose" and not path.is_dir():
        return _write_one(path, samples)
    if path.is_dir() and any(path.iterdir()):
        raise InputError(f"folder '{path}' exists and is not empty. Give a new one, or remove it.")
    files = _files(samples)
    with replacing(path) as beside:
        for i, file in enumerate(files):
            (beside / file).parent.mkdir(parents=True, exist_ok=True)
            write_clip(beside / file, samples, i)
        _index(samples, files).to_csv(beside / INDEX, index=False)
    return [*_corner(samples), *unsaid(samples), *unordered(samples)]


def read(path: Path, otherwise: Otherwise) -> Samples:
    index = _read_index(path / INDEX) if path.is_dir() and (path / INDEX).is_file() else None
    if index is None:
        return _one_hand_where_no_other(_unindexed(path, otherwise), path)
    clips = [pose_files.read_clip(path / str(file)).values for file in index["file"]]
    class_names = tuple(sorted(set(index["label"])))
    samples = from_clips(
        clips,
        target=[class_names.index(label) for label in index["label"]],
        group=index["group"],
        ids=index["id"],
        fps=index["fps"],
        aspect=index["aspect"],
        handedness=index["handedness"],
        class_names=class_names,
        form="holistic",
    )
    return _one_hand(samples, np.nan_to_num(samples.handedness, nan=1.0)) if index["skeleton"][0] == "hand" else samples


def _write_one(path: Path, samples: Samples) -> list[str]:
    if len(samples) > 1:
        raise InputError(
            f"'{path}': a .pose file holds one clip, got {len(samples)}. Give a folder, as in '{path.with_suffix('')}'."
        )
    with replacing(path) as beside:
        write_clip(beside, samples, 0)
    unknown = samples.form == "hand" and bool(np.isnan(samples.handedness[0]))
    lost = ["that nobody knows which hand it is (written as the right one)"] if unknown else []
    return ["label", "group", "id", *lost, *_corner(samples), *unsaid(samples)]


def _corner(samples: Samples) -> list[str]:
    at = int((samples.values == 0).all(-1).sum())
    return [f"that {at} point(s) at zero were seen: a reader takes them for undetected"] if at else []


def _files(samples: Samples) -> list[str]:
    """Returns a path for each clip that every system can hold, all different also where case does not count."""
    found = []
    for i, (group, label, name) in enumerate(zip(samples.group, labels(samples), samples.id, strict=True)):
        short = str(name).removeprefix(f"{group}/").removeprefix(f"{label}/")
        clip = _safe(short) if len(_safe(short).encode()) <= LONGEST else f"clip_{i:06d}"
        found.append(f"{_safe(group)}/{_safe(label)}/{clip}.pose")
    times = Counter(file.casefold() for file in found)
    return [
        file if times[file.casefold()] == 1 else f"{file.removesuffix('.pose')}_{i:06d}.pose"
        for i, file in enumerate(found)
    ]


def _safe(name: str) -> str:
    """Writes what no file name may hold as % and its number, so that it is not part of a path."""
    return UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", str(name)) or "_"


def _index(samples: Samples, files: list[str]) -> pd.DataFrame:
    text = {"file": files, "id": samples.id, "label": labels(samples), "group": samples.group}
    return pd.DataFrame(text | {"skeleton": samples.form} | {name: getattr(samples, name) for name in NUMBERS})


def _read_index(path: Path) -> pd.DataFrame:
    try:
        index = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [name for name in (*TEXT, *NUMBERS) if name not in index]
        for name in NUMBERS:
            index[name] = np.asarray([float(cell or "nan") for cell in index[name]], np.float32)
    except (ValueError, KeyError, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(
            f"'{path}' does not list clips: {why}. Remove it to read the files by their folders."
        ) from None
    if missing or not len(index):
        raise InputError(
            f"'{path}': expected a row a clip with {', '.join((*TEXT, *NUMBERS))}, got no "
            f"{', '.join(missing) or 'row'}. Remove it to read the files by their folders."
        )
    return index


def _unindexed(path: Path, otherwise: Otherwise) -> Samples:
    """Reads files as they lie: LABEL/CLIP, GROUP/LABEL/CLIP, or without a label."""
    files = [path] if path.is_file() else list(path.rglob("[!.]*.pose"))
    depth = {len(file.relative_to(path).parts) for file in files} if path.is_dir() else {1}
    if len(depth) > 1 or depth - {1, 2, 3}:
        raise InputError(
            f"'{path}': expected .pose files all as CLIP, LABEL/CLIP or GROUP/LABEL/CLIP, got them {sorted(depth)} "
            "levels deep. Move them."
        )
    levels = depth.pop() if depth else 1
    data = LandmarkClips(
        source="landmark_clips",
        path=str(path),
        format="pose",
        labelled=levels > 1,
        group_folder=levels == 3,
        aspect=otherwise.aspect,
        fps=None if np.isnan(otherwise.fps) else otherwise.fps,
    )
    return replace(landmark_clips.read(data), provenance={})


def _one_hand_where_no_other(samples: Samples, path: Path) -> Samples:
    """Brings clips whose files have the component of one hand, and no more of a signer, to the skeleton `hand`."""
    files = [path] if path.is_file() else [path / f"{name}.pose" for name in samples.id]
    found = [pose_files.parts(file) for file in files]
    if any(parts not in ({"left_hand"}, {"right_hand"}) for parts in found):
        return samples
    side = np.asarray([parts == {"right_hand"} for parts in found], np.float32)
    return _one_hand(replace(samples, handedness=side), side)


def _one_hand(samples: Samples, right: NDArray[np.floating]) -> Samples:
    of_row = np.repeat(right >= 0.5, samples.lengths)[:, None, None]
    left, other = (samples.values[:, HOLISTIC.part(part)] for part in ("left_hand", "right_hand"))
    return replace(samples, values=np.where(of_row, other, left), form="hand")
