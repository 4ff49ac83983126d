"""What is shown: the picture with its skeleton, turned over or not, and over it bars, frame rate and text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.drawing import draw
from pipeline.spelling import Spelled

Color = tuple[int, int, int]
Image = NDArray[np.uint8]

TOP = 3
MOST = 200  # characters of text that are looked at
LEAST = 0.005  # what is less likely is not shown: it would be 0.00
WHITE: Color = (255, 255, 255)
HELD: Color = (230, 159, 0)  # under the class that is being held, as far as its time has passed
BAR: Color = (0, 114, 178)
SHADE = 2  # so many times darker is the picture under what is written


@dataclass(frozen=True, kw_only=True)
class View:
    """What a person switches."""

    mirror: bool = False
    skeleton: bool = True


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What there is to show of one picture; values and handedness as in Seen, fps those that are shown."""

    values: NDArray[np.float32]
    skeleton: str
    handedness: float
    hand: bool  # whether one was seen
    spelled: Spelled
    fps: float


def compose(rgb: Image, scene: Scene, view: View) -> Image:
    """Returns a new picture of the same size."""
    canvas = rgb
    if view.skeleton:
        canvas = draw(scene.values, scene.skeleton, canvas, handedness=scene.handedness, smooth=1)
    canvas = (canvas[:, ::-1] if view.mirror else canvas).copy()  # OpenCV writes on whole rows alone
    line = max(12, round(canvas.shape[0] / 22))  # the height of a line of writing
    _bars(canvas, scene, line)
    _text(canvas, scene.spelled, line)
    return canvas


def _bars(canvas: Image, scene: Scene, line: int) -> None:
    """The likeliest classes, each on its bar, and the frame rate above them."""
    width, edge = min(canvas.shape[1], 8 * line), line // 3
    _shade(canvas[: round((TOP + 1.5) * line), :width])
    rate = "" if np.isnan(scene.fps) else f"{scene.fps:.0f} fps"
    _write(canvas, rate if scene.hand else f"{rate}  no hand".strip(), (edge, round(0.9 * line)), line)
    likely = [(label, score) for label, score in scene.spelled.ranked[:TOP] if score >= LEAST]
    for row, (label, score) in enumerate(likely, start=1):
        top, end = round((row + 0.3) * line), round((row + 1.2) * line)
        _fill(canvas, (0, top), (round(width * score), end), BAR)
        if label == scene.spelled.held:
            _fill(canvas, (0, end - max(2, line // 6)), (round(width * scene.spelled.progress), end), HELD)
        base, figure = round((row + 1) * line), f"{score:.2f}"
        room = width - _width(figure, line) - 3 * edge
        _write(canvas, _cut(label, room, line), (edge, base), line)
        _write(canvas, figure, (width - _width(figure, line) - edge, base), line)


def _text(canvas: Image, spelled: Spelled, line: int) -> None:
    """The end of the text, as much of it as there is room for, with a mark where the next letter will stand."""
    height, width = canvas.shape[:2]
    _shade(canvas[height - 2 * line :])
    text = f"{spelled.text}_" if spelled.letters or not spelled.text else f"{spelled.text} _"
    text = text[-MOST:]
    while len(text) > 1 and _width(text, line) > width - line:
        text = text[1:]
    _write(canvas, text, (line // 2, height - round(0.6 * line)), line)


def _cut(label: str, room: int, line: int) -> str:
    while len(label) > 1 and _width(label, line) > room:
        label = label[:-1]
    return label


def _shade(part: Image) -> None:
    part[:] = part // SHADE


def _fill(canvas: Image, corner: Sequence[int], end: Sequence[int], color: Color) -> None:
    canvas[corner[1] : end[1], corner[0] : end[0]] = color


def _write(canvas: Image, text: str, at: tuple[int, int], line: int) -> None:
    import cv2

    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, _scale(line), WHITE, 1, cv2.LINE_AA)


def _width(text: str, line: int) -> int:
    import cv2

    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, _scale(line), 1)
    return width


def _scale(line: int) -> float:
    return line / 32  # at a scale of one OpenCV's capitals are 22 pixels high
