"""Samples in files that others read and write; one format a file, each with `read` and `write`.

    .h5             our own store, whole
    .npz            NumPy arrays, whole; the layout that `data.source: landmark_clips` reads
    .parquet .csv   a row a frame, points in columns by name; the layout that `data.source: landmark_table` reads
    .pose, folder   a file a clip, GROUP/LABEL/CLIP.pose, with clips.csv beside them; one clip in a file of its own

What a format cannot hold is said by `write`, never lost in silence.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.form import form
from pipeline.formats.keeping import Otherwise
from pipeline.samples import Samples

MODULES = {
    ".h5": "stores",
    ".npz": "arrays",
    ".parquet": "tables",
    ".csv": "tables",
    ".pose": "poses",
    "": "poses",  # a folder
}
OF_ANY_FORM = (".h5", ".npz")
SUFFIXES = tuple(filter(None, MODULES))


def read(path: Path, otherwise: Otherwise | None = None) -> Samples:
    """Reads samples; what a file of others does not say is taken from `otherwise`.

    Raises: InputError naming the file and what is wrong in it.
    """
    if not path.exists():
        raise InputError(f"'{path}' does not exist. Give {_valid()}.")
    samples = _module(path, folder=path.is_dir()).read(path, otherwise or Otherwise())
    store.check(samples)
    return samples


def write(path: Path, samples: Samples) -> list[str]:
    """Writes samples, whole or not at all; returns what the format could not hold, a few words each."""
    store.check(samples)
    suffix, kind = path.suffix.lower(), form(samples.form)
    if not kind.has_points and suffix not in OF_ANY_FORM:
        raise InputError(
            f"'{path}': {suffix or 'a folder of .pose'} holds points of a skeleton, these are samples of "
            f"'{kind.name}'. Give a file {' or '.join(OF_ANY_FORM)}."
        )
    return _module(path, folder=path.is_dir() or not path.suffix).write(path, samples)


def _module(path: Path, *, folder: bool) -> Any:
    suffix = "" if folder else path.suffix.lower()
    if suffix not in MODULES:
        raise InputError(f"'{path}': unknown suffix '{suffix}'. Expected {_valid()}.")
    return import_module(f"pipeline.formats.{MODULES[suffix]}")


def _valid() -> str:
    return f"a file {', '.join(SUFFIXES)}, or a folder of .pose files"
