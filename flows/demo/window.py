"""The live window, OpenCV's: pictures out, keys in.

It has to be opened before PyAV is imported. PyAV's wheel brings a libxcb of its own, and Qt, should it find that
one loaded, waits in `namedWindow` for ever (PyAV's issue 978).
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

Key = Literal["quit", "mirror", "reset", "skeleton"]

KEYS: dict[str, Key] = {"q": "quit", "\x1b": "quit", "m": "mirror", "r": "reset", "s": "skeleton"}
REMEDY = "Give a FILE and -o OUT.mp4 to write an annotated video instead, or run it where there is a display (ssh -X)."
PROBE = "import cv2; cv2.namedWindow('signloop'); cv2.destroyAllWindows()"


LEAST_WIDTH = 640  # pixels of the window at first; a person may resize it


@dataclass
class Window:
    title: str
    sized: bool = False

    def show(self, rgb: NDArray[np.uint8], *, wait_ms: int = 1) -> Key | None:
        """Shows a picture, and returns what was asked for meanwhile; a closed window quits."""
        import cv2

        if not self.sized:
            height, width = rgb.shape[:2]
            larger = max(1.0, LEAST_WIDTH / width)
            cv2.resizeWindow(self.title, round(width * larger), round(height * larger))
            self.sized = True
        cv2.imshow(self.title, rgb[..., ::-1])
        pressed = cv2.waitKey(max(1, wait_ms))
        if self.closed():
            return "quit"
        return KEYS.get(chr(pressed & 0xFF).lower()) if pressed >= 0 else None

    def closed(self) -> bool:
        """Says whether there is no window any more."""
        import cv2

        try:
            return cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1
        except cv2.error:  # Qt's, once its last window is gone
            return True


@contextmanager
def opened_window(title: str, display: str | None) -> Iterator[Window]:
    """Opens a window on this display, and closes it.

    Without one, or with one that does not answer, Qt would end the process: so another process tries it first.

    Raises: InputError saying what else can be done.
    """
    if display is None:
        raise InputError(f"no display to open a window on (DISPLAY is not set). {REMEDY}")
    tried = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        said = next((line for line in tried.stderr.splitlines() if line.strip()), f"status {tried.returncode}")
        raise InputError(f"OpenCV opens no window on display '{display}': {said.strip()}. {REMEDY}")
    assert "av" not in sys.modules, "a window that is opened after PyAV was imported never comes"
    import cv2

    cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    try:
        yield Window(title)
    finally:
        cv2.destroyAllWindows()
