"""One person in front of one model: a picture goes in, what is shown of it comes out."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flows.demo.recognising import Recognizer, Seen
from flows.demo.screen import Image, Scene, View, compose
from flows.demo.window import Key, Window
from pipeline.detect.hands import Signer
from pipeline.detect.landmarkers import Landmarkers
from pipeline.detect.reading import Picture
from pipeline.spelling import Spelled, Speller
from pipeline.window import RATE_FRAMES, rate, shows_hand


@dataclass(kw_only=True)
class Session:
    """Detection, model and spelling, with what they remember, and what the person has switched."""

    points: Literal["hand", "holistic"]
    landmarkers: Landmarkers
    recognizer: Recognizer
    speller: Speller
    view: View
    signer: Signer | None = None  # from the first picture on, whose aspect it needs
    sides: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_FRAMES))
    shown_s: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_FRAMES))

    def look(self, picture: Picture) -> tuple[Image, Spelled]:
        """Takes the next picture; returns it with all that is known written on it, and that."""
        seen = self._seen(picture)
        spelled = self.speller.push(seen.time_s, self.recognizer.push(seen))
        if spelled.left is not None:  # a model that remembers is trained on clips of one letter
            self.recognizer.reset()
        self.shown_s.append(time.monotonic())
        scene = Scene(
            values=seen.values,
            skeleton=self.points,
            handedness=seen.handedness,
            hand=shows_hand(seen.values, self.points),
            spelled=spelled,
            fps=rate(self.shown_s),
        )
        return compose(picture.rgb, scene, self.view), spelled

    def press(self, key: Key) -> None:
        """Does what a key stands for; to quit is not ours."""
        match key:
            case "mirror":
                self.view = replace(self.view, mirror=not self.view.mirror)
            case "skeleton":
                self.view = replace(self.view, skeleton=not self.view.skeleton)
            case "reset":
                self.recognizer.reset()
                self.speller.reset()
                self.sides.clear()
                self.signer = None
            case "quit":
                pass

    def _seen(self, picture: Picture) -> Seen:
        if self.signer is None:
            self.signer = Signer(points=self.points, aspect=picture.aspect)
        row = self.signer.row(self.landmarkers.frame(picture.rgb, round(picture.time_s * 1000)))
        if not np.isnan(row.right):
            self.sides.append(row.right)
        return Seen(
            values=row.values, time_s=float(picture.time_s), aspect=picture.aspect, handedness=_side(self.sides)
        )


def _side(rights: Iterable[float]) -> float:
    """Returns the side that the last pictures speak for: one of them alone may err, and mirrors all features."""
    rights = list(rights)
    return float(np.mean(rights) > 0.5) if rights else float("nan")


@dataclass(frozen=True, kw_only=True)
class Played:
    num_pictures: int
    text: str


def play(
    footage: Iterable[Picture],
    session: Session,
    *,
    window: Window | None = None,
    write: Callable[[NDArray[np.uint8], float], None] | None = None,
    paced: bool = False,
    log: Callable[[float, Spelled], None] = lambda time_s, spelled: None,
) -> Played:
    """Shows and writes one picture after the other, until they end or the person does; `log` hears of ended words.

    paced  a file in a window takes the time that it was recorded in, where the machine is quick enough
    """
    begun, count, time_s = time.monotonic(), 0, 0.0
    try:
        for picture in footage:
            count += 1
            time_s = float(picture.time_s)
            image, spelled = session.look(picture)
            if spelled.ended:
                log(time_s, spelled)
            if write is not None:
                write(image, time_s)
            if window is not None:
                early_s = time_s - (time.monotonic() - begun) if paced else 0.0
                key = window.show(image, wait_ms=round(early_s * 1000))
                if key == "quit":
                    break
                if key is not None:
                    session.press(key)
    except KeyboardInterrupt:
        pass  # without a window the way to say that a camera has been looked at long enough
    spelled = session.speller.end_word()
    if spelled.ended:
        log(time_s, spelled)
    return Played(num_pictures=count, text=spelled.text)
