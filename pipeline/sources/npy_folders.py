"""Keypoints in folders: label/clip.npy, an array [T, width], or label/clip/frame.npy, [width] each."""

from functools import partial
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.sources import keypoint_layouts
from pipeline.sources.keypoint_layouts import Layout
from pipeline.sources.label_folders import named
from pipeline.sources.numpy_arrays import array, refuse_nothing
from pipeline.sources.recording import Clip, Recording, in_order


def find(path: Path, data: LandmarkClips) -> list[Recording]:
    """Finds the clips of a folder, or of one .npy; the first one says how many numbers a frame has."""
    entries = [path] if path.is_file() else [entry for folder in _holding(path) for entry in _clips_of(folder)]
    if not entries:
        raise InputError(f"'{path}' holds no .npy file. Expected LABEL/CLIP.npy or LABEL/CLIP/FRAME.npy under it.")
    first = _files(entries[0])[0] if entries[0].is_dir() else entries[0]
    layout = keypoint_layouts.layout(data.layout, array(first).shape[-1], first)
    return named(path, entries, data, partial(_clip, layout=layout, blank=data.min_seen > 0))


def _holding(path: Path) -> list[Path]:
    """Returns every folder that holds .npy files."""
    return in_order({file.parent for file in path.rglob("[!.]*.npy")})


def _files(folder: Path) -> list[Path]:
    return in_order(folder.glob("[!.]*.npy"))


def _clips_of(folder: Path) -> list[Path]:
    """Returns a folder's clips: itself where its files are single frames, else its files."""
    files = _files(folder)
    return [folder] if array(files[0]).ndim == 1 else files


def _clip(entry: Path, *, layout: Layout, blank: bool) -> Clip:
    frames = [_frames(file, layout, single=entry.is_dir()) for file in (_files(entry) if entry.is_dir() else [entry])]
    clip = np.concatenate(frames)
    refuse_nothing(clip, f"'{entry}'", blank=blank)
    return Clip(keypoint_layouts.points(clip, layout, f"'{entry}'"))


def _frames(file: Path, layout: Layout, *, single: bool) -> np.ndarray:
    """Reads a file as [T, width]; `single` says that it lies among the frames of a clip."""
    values = array(file)
    if values.ndim > 2 or (single and values.ndim != 1):
        expected = f"one frame [{layout.width}]" if single else f"a clip [frames, {layout.width}]"
        raise InputError(f"'{file}': expected {expected}, got {list(values.shape)}. Save it so, or remove it.")
    if values.shape[-1] != layout.width:
        raise InputError(
            f"'{file}': expected {layout.width} numbers a frame as in the first clip, got {values.shape[-1]}. "
            "Keep clips of one layout in a track, or extract it again."
        )
    return np.atleast_2d(values)
