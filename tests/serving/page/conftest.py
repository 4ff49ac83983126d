from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def keep(request: pytest.FixtureRequest):
    """Returns what keeps a picture of a page, where --screenshots names a folder."""
    folder: Path | None = request.config.getoption("--screenshots")

    def kept(page: Any, name: str) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    return kept
