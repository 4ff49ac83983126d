"""Real photographs of hands and people for tests: beside the project, or the test is skipped."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

DATA = Path(__file__).parents[2] / "shared" / "data"


def folder(name: str) -> Path:
    """Returns the folder of photographs: `nmt`, `nqm` or `gestures`."""
    found = DATA / "photos" / name
    if not found.is_dir():
        pytest.skip(f"no photographs in {found}")
    return found


def photos(name: str) -> list[Path]:
    return sorted(folder(name).glob("*.jpg"))


def rgb(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


def moving(path: Path, frames: int, step: int = 2) -> list[NDArray[np.uint8]]:
    """Returns a photograph that moves to the right, `step` pixels a frame, its edge drawn out behind it."""
    picture = rgb(path)
    padded = np.pad(picture, ((0, 0), (frames * step, 0), (0, 0)), mode="edge")
    return [padded[:, (frames - n) * step :][:, : picture.shape[1]] for n in range(frames)]
