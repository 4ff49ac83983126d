"""Samples from whole-body clips: NumPy keypoints, Google's isolated-sign corpus, or .pose files.

Clips are found first and read last, so that `classes` and `max_per_class` spare what they leave out. The first thing
that is wrong ends the read, as with tables.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import LandmarkClips
from pipeline.samples import Samples, evenly, from_clips
from pipeline.sources import isolated_signs, npy_folders, npz_file, pose_files
from pipeline.sources.recording import Recording
from pipeline.sources.table_file import listed

READERS = {
    "npy": npy_folders.find,
    "npz": npz_file.find,
    "islr": isolated_signs.find,
    "pose": pose_files.find,
}
SUFFIXES = {".npy": "npy", ".npz": "npz", ".parquet": "islr", ".pose": "pose"}


def read(data: LandmarkClips) -> Samples:
    """Reads the clips that `classes`, `max_per_class` and `min_seen` ask for.

    Raises: InputError naming the file, and what is wrong with it.
    """
    path = Path(data.path)
    form = _format(path, data)
    found = READERS[form](path, data)
    if not found:
        raise InputError(f"'{path}' holds no clips. Record some, or give another data.path.")
    class_names = _class_names(found, data)
    target = np.asarray([class_names.index(r.label) if r.label in class_names else -1 for r in found], np.int64)
    kept = np.flatnonzero(target >= 0)
    if data.max_per_class is not None:
        group = np.asarray([found[i].group for i in kept], object)
        kept = kept[evenly(group, target[kept], data.max_per_class)]
    left_out = Counter(_why(r, known) for r, known in zip(found, target >= 0, strict=True))
    left_out["above max_per_class"] = int((target >= 0).sum()) - len(kept)
    samples = _loaded([found[i] for i in kept], target[kept], class_names, data)
    shown = np.add.reduceat(samples.seen.any(-1).astype(np.int64), samples.offsets[:-1]) >= data.min_seen
    left_out[f"seen in fewer than {data.min_seen} frames"] = int((~shown).sum())
    if not shown.any():
        raise InputError(
            f"'{path}': no clip shows a hand or the pose in {data.min_seen} frames (data.min_seen). Look at the "
            "keypoints: are they zero throughout?"
        )
    provenance = {
        "source": data.source,
        "format": form,
        "files": {path.name: {"sha256": sha256(path)}} if path.is_file() else {},
        "clips_read": len(found),
        "clips_left_out": {why: count for why, count in left_out.items() if why and count},
    }
    return replace(samples, provenance=provenance).select(np.flatnonzero(shown))


def read_unlabelled(path: Path, *, layout: str = "auto", aspect: float, fps: float = float("nan")) -> Samples:
    """Reads a file or folder whose clips have no label; for answers, not for training."""
    known = None if np.isnan(fps) else fps
    return read(
        LandmarkClips(source="landmark_clips", path=str(path), layout=layout, labelled=False, aspect=aspect, fps=known)
    )


def _format(path: Path, data: LandmarkClips) -> str:
    """Returns what lies at `path`, by its suffix or by the suffixes in the folder."""
    if not path.exists():
        raise InputError(f"data.path: '{path}' does not exist. Give a folder of clips, or one .npz.")
    if data.format != "auto":
        return data.format
    if path.is_dir() and (path / isolated_signs.TABLE).is_file():
        return "islr"
    suffixes = {file.suffix.lower() for file in path.rglob("[!.]*")} if path.is_dir() else {path.suffix.lower()}
    forms = sorted(suffixes & SUFFIXES.keys())
    if len(forms) != 1 or (path.is_dir() and forms == [".npz"]):
        got = listed(forms or sorted(suffixes)) or "nothing"
        raise InputError(
            f"data.path: expected a folder of one kind of {', '.join(SUFFIXES)} files, or one .npz, got {got} at "
            f"'{path}'. Give the file or the folder itself, or name data.format."
        )
    return SUFFIXES[forms[0]]


def _class_names(found: list[Recording], data: LandmarkClips) -> tuple[str, ...]:
    """Returns `classes` in its own order, or all that occur, sorted; one without a name where nothing is labelled."""
    if not data.labelled:
        return ("",)
    occurring = sorted({r.label for r in found} - {""})
    if not occurring:
        raise InputError(f"'{data.path}': every label is empty. Label the clips, or set data.labelled: false.")
    absent = [c for c in data.classes if c not in occurring]
    if absent:
        raise InputError(
            f"data.classes: {listed(absent)} does not occur in '{data.path}'. It has {listed(occurring, 100)}. "
            "Correct the spelling (case counts), or leave it out."
        )
    return tuple(dict.fromkeys(data.classes)) or tuple(occurring)


def _why(recording: Recording, known: bool) -> str:
    return "" if known else "label not in classes" if recording.label else "no label"


def _loaded(chosen: list[Recording], target: np.ndarray, class_names: tuple[str, ...], data: LandmarkClips) -> Samples:
    """Reads the clips; what their files do not say is taken from the parameters."""
    clips = [recording.load() for recording in chosen]
    fps, aspect = (np.asarray([getattr(clip, name) for clip in clips], np.float32) for name in ("fps", "aspect"))
    return from_clips(
        [clip.values for clip in clips],
        target=target,
        group=[recording.group for recording in chosen],
        ids=[recording.id for recording in chosen],
        fps=np.where(np.isnan(fps), np.nan if data.fps is None else data.fps, fps),
        aspect=np.where(np.isnan(aspect), data.aspect, aspect),
        class_names=class_names,
        form="holistic",
    )
