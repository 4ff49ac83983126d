"""Google's Quick, Draw!: bitmaps that people drew in 20 seconds, a .npy a class, read from a folder.

Nothing is fetched here: `signloop sketches fetch` does, and what it fetched is held to. Rows go file by file to
their place, so that of a million drawings memory holds one copy.
Source: J. Jongejan et al., "The Quick, Draw! Dataset", 2016, CC BY 4.0; D. Ha, D. Eck, arXiv:1704.03477.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy.lib import format as npy

from pipeline.errors import InputError
from pipeline.params import QuickDraw
from pipeline.samples import Samples
from pipeline.sources import bitmaps, fetched


@dataclass(frozen=True, kw_only=True)
class _File:
    """One class's drawings on disk."""

    path: Path
    name: str
    rows: int  # that are read
    side: int
    start: int  # byte at which they begin


def read(data: QuickDraw) -> Samples:
    """Reads the drawings, class by class in the order of their files.

    Raises: InputError naming the file that is missing, or is no bitmaps, or not what was fetched.
    """
    folder = Path(data.path)
    files = [_opened(path, name, data.max_per_class) for name, path in _paths(folder, data.classes).items()]
    for file in files:
        if file.side != files[0].side:
            raise InputError(
                f"'{file.path}' has drawings of {file.side}×{file.side}, '{files[0].path}' of {files[0].side}×"
                f"{files[0].side}. One track takes one size; leave a class out."
            )
    listed = fetched.read(folder)
    for file in files:
        fetched.hold(file.path, listed)
    counts = [file.rows for file in files]
    return bitmaps.samples(
        _pictures(files),
        target=np.repeat(np.arange(len(files)), counts),
        group=np.concatenate([bitmaps.blocks(count, data.blocks) for count in counts]),
        ids=np.array([f"{file.name}/{row}" for file in files for row in range(file.rows)], dtype=object),
        class_names=tuple(file.name for file in files),
        provenance={"synthetic": False, **data.model_dump(exclude={"path", "keep_raw"}, mode="json")},
    )


def _paths(folder: Path, classes: tuple[str, ...]) -> dict[str, Path]:
    """Finds each class's file; blanks of a name may be underscores in the file's."""
    there = {path.stem: path for path in sorted(folder.glob("*.npy"))}
    if not there:
        raise InputError(f"'{folder}' has no .npy of drawings. Run `signloop sketches fetch`, or correct data.path.")
    if not classes:
        return there
    same = {stem.replace("_", " "): path for stem, path in there.items()}
    missing = [name for name in classes if name.replace("_", " ") not in same]
    if missing:
        raise InputError(
            f"'{folder}' lacks {', '.join(missing)} of data.classes; it has {', '.join(there)}. "
            "Run `signloop sketches fetch`, or leave the class out."
        )
    return {name: same[name.replace("_", " ")] for name in classes}


def _opened(path: Path, name: str, most: int | None) -> _File:
    """Reads a file's header."""
    try:
        with path.open("rb") as file:
            version = npy.read_magic(file)
            of = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, by_column, dtype = of(file)
            start = file.tell()
    except (ValueError, OSError) as error:
        raise InputError(f"'{path}' is no .npy of drawings: {error}. Remove it, or fetch it again.") from None
    side = math.isqrt(shape[1]) if len(shape) == 2 else 0
    if dtype != np.uint8 or by_column or side * side != shape[-1] or not side or not shape[0]:
        raise InputError(f"'{path}': expected [drawings, pixels] uint8 of square pictures, got {list(shape)} {dtype}.")
    if (got := path.stat().st_size - start) < math.prod(shape):
        raise InputError(
            f"'{path}' is cut off: its header says {shape[0]:,} drawings, {got // shape[1]:,} are there. "
            "Remove it and fetch it again."
        )
    return _File(path=path, name=name, rows=min(shape[0], most or shape[0]), side=side, start=start)


def _pictures(files: list[_File]) -> UInt8[np.ndarray, "N H W"]:
    side = files[0].side
    pictures = np.empty((sum(file.rows for file in files), side, side), np.uint8)
    begin = 0
    for file in files:
        read = np.fromfile(file.path, np.uint8, file.rows * side * side, offset=file.start)
        pictures[begin : begin + file.rows] = read.reshape(file.rows, side, side)
        begin += file.rows
    return pictures
