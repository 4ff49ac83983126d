"""MediaPipe's bundles for tests: from SIGNLOOP_ASSETS, or ../shared/models; without them a test is skipped."""

import os
from functools import cache
from pathlib import Path

import pytest

from pipeline.detect.bundles import BUNDLES, find
from pipeline.errors import InputError

BESIDE = Path(__file__).parents[2] / "shared" / "models"


@cache
def _found(name: str) -> Path | str:
    folders = [Path(folder) for folder in (os.environ.get("SIGNLOOP_ASSETS"), BESIDE) if folder]
    try:
        return find(name, folders)
    except InputError as error:
        return str(error)


def bundle(name: str) -> Path:
    """Returns where a bundle lies."""
    found = _found(name)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def bundles() -> dict[str, Path]:
    """Returns where all of them lie, by name."""
    return {name: bundle(name) for name in BUNDLES}
