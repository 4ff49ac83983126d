"""MediaPipe's files for tests: from SIGNLOOP_ASSETS, the cache or ../shared/models; without them a test is skipped."""

import os
from functools import cache
from pathlib import Path

import pytest

from flows.assets import KNOWN
from pipeline.detect.bundles import BUNDLES, find
from pipeline.errors import InputError

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signloop" / "assets"
BESIDE = Path(__file__).parents[2] / "shared" / "models"


def folders() -> list[Path]:
    return [Path(folder) for folder in (os.environ.get("SIGNLOOP_ASSETS"), CACHE, BESIDE) if folder]


@cache
def _found(name: str) -> Path | str:
    try:
        return find(name, folders(), KNOWN)
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
