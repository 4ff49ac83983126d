"""A recording made of a real photograph: a hand in the picture's left half for 1.6 seconds, then nobody for 1.4."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bundles import bundle
from tests.videos import write_video

PHOTO = Path(__file__).parents[3] / ".." / "shared" / "data" / "photos" / "nmt" / "L_020.jpg"
FPS = 15
NUM_SHOWN, NUM_EMPTY = 24, 21


@pytest.fixture(scope="session")
def hand() -> np.ndarray:
    """The photograph beside an empty wall of its own size."""
    bundle("hand_landmarker")
    if not PHOTO.exists():
        pytest.skip(f"needs a photograph of a hand, '{PHOTO}'")
    photo = np.asarray(Image.open(PHOTO).convert("RGB"))
    return np.concatenate([photo, np.full_like(photo, 128)], axis=1)


@pytest.fixture(scope="session")
def recorded(hand: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "hand.mp4"
    return write_video(path, [hand] * NUM_SHOWN + [np.full_like(hand, 128)] * NUM_EMPTY, FPS)


@pytest.fixture
def assets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundles, where the command looks for them."""
    monkeypatch.setenv("SIGNLOOP_ASSETS", str(bundle("hand_landmarker").parent))
