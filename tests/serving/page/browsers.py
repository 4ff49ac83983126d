"""A real Chromium with a camera that is a file; without one, or without MediaPipe's files, a test says why it skips."""

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = (640, 480)
NARROW = {"width": 360, "height": 740}
PATIENCE_MS = 120_000
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def chromium() -> str:
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"none of {', '.join(NAMES)} is here. To get one: apt-get install chromium")


@contextmanager
def browser(film: Path | None = None) -> Iterator[Any]:
    """Yields playwright's browser; `film` is what its camera sees, without one it has none."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-fake-ui-for-media-stream"]
    if film is not None:
        arguments += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield opened
        finally:
            opened.close()


def new_page(chrome: Any, **options: Any) -> Any:
    """Opens a page whose conditions may be two minutes in coming about: two cores, and a browser draws by software."""
    page = chrome.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    return page


def fitted(path: Path) -> NDArray[np.uint8]:
    """Returns a photograph as large as the camera's picture, on grey."""
    photo = Image.open(path).convert("RGB")
    share = min(SIZE[0] / photo.width, SIZE[1] / photo.height)
    photo = photo.resize((round(photo.width * share), round(photo.height * share)))
    canvas = Image.new("RGB", SIZE, (90, 90, 90))
    canvas.paste(photo, ((SIZE[0] - photo.width) // 2, (SIZE[1] - photo.height) // 2))
    return np.asarray(canvas)


def write_film(path: Path, pictures: Sequence[NDArray[np.uint8]], *, each: int = 30) -> Path:
    """Writes what a camera shows again and again: JPEGs end to end."""
    with path.open("wb") as file:
        for picture in pictures:
            packed = io.BytesIO()
            Image.fromarray(picture).save(packed, "JPEG", quality=92)
            for _ in range(each):
                file.write(packed.getvalue())
    return path


class Watched:
    """A page, what went wrong on it, whom it asked, and what it sent."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.sent: list[Any] = []
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", lambda sent: self.sent.append(sent)))

    def frames(self) -> list[bytes]:
        """Returns the binary messages."""
        return [message for message in self.sent if isinstance(message, bytes)]
