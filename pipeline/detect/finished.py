"""Finished clips in the state folder: EXTRACTOR/KEY.npz, so that nothing is looked at twice.

A file is written beside and renamed, and its parts carry checksums: what cannot be read whole is as if it were not
there. Failures are not kept: the next run may have the codec, the permission or the memory that this one lacked.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.detect.detected import Detected, Failure
from pipeline.files import NO_ROOM, replacing

ARRAYS = ("values", "world", "confidence")
NUMBERS = ("fps", "aspect", "handedness")


class Finished:
    """The finished clips of one extractor; without a folder none are kept."""

    def __init__(self, folder: Path | None, extractor: str) -> None:
        self.folder = folder / folder_name(extractor) if folder else None

    def read(self, key: str) -> Detected | None:
        """Returns a finished clip, or None where there is none, or none that is whole."""
        if self.folder is None:
            return None
        try:
            with np.load(self._path(self.folder, key), allow_pickle=False) as file:
                arrays: dict[str, Any] = {name: file[name] for name in ARRAYS}
                numbers: dict[str, Any] = {name: float(file[name]) for name in NUMBERS}
                return Detected(**arrays, **numbers)
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None

    def write(self, key: str, detected: Detected) -> Detected | Failure:
        """Keeps a clip and returns it; a failure where the disk has no room for it."""
        if self.folder is None:
            return detected
        path = self._path(self.folder, key)
        try:
            with replacing(path) as beside, beside.open("wb") as file:
                np.savez_compressed(file, **{name: getattr(detected, name) for name in (*ARRAYS, *NUMBERS)})
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return Failure("disk full", f"no room for what was seen in '{path.parent}': {error.strerror}")
        return detected

    def _path(self, folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.npz"


def folder_name(extractor: str) -> str:
    """Returns what the folder of an extractor of this hash is called."""
    return extractor[:16]
