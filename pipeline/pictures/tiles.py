"""Clips side by side: each frame of a clip in a cell of one size, with a line of text under it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.drawing import PAPER, closer, draw
from pipeline.samples import Samples
from pipeline.skeleton import skeleton

INK = (32, 32, 32)
BORDER = (208, 208, 208)
MARGIN = 4  # pixels around a cell
LEGS = ("_hip", "_knee", "_ankle", "_heel", "_foot_index")  # out of most pictures, and guessed


@dataclass(frozen=True)
class View:
    """One clip as it is shown: its frames, and the aspect of what is seen of the picture."""

    clip: NDArray[np.floating]
    aspect: float
    skeleton: str
    handedness: float

    def drawn(
        self, frame: int, width: int, height: int, weights: NDArray[np.floating] | None = None
    ) -> NDArray[np.uint8]:
        """Draws one frame as large as fits; `weights` as in `drawing.draw`."""
        return draw(
            self.clip[frame],
            self.skeleton,
            height=max(1, min(height, round(width / self.aspect))),
            aspect=self.aspect,
            handedness=self.handedness,
            weights=weights,
        )


def view(samples: Samples, i: int, *, whole: bool, frame: int | None = None) -> View:
    """Returns clip i, or one frame of it, as it is shown: the whole picture, or closer to what is seen of it."""
    clip, aspect = samples.clip(i), float(samples.aspect[i])
    if frame is not None:
        clip = clip[frame : frame + 1]
    if not whole:
        names = skeleton(samples.form).points
        signing = [column for column, name in enumerate(names) if not name.endswith(LEGS)]
        clip, aspect = closer(clip, aspect, around=signing)
    return View(clip, aspect, samples.form, float(samples.handedness[i]))


def relative(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns weights beside the largest, 0 to 1; one that is negative or unknown is none."""
    above = np.maximum(np.nan_to_num(weights.astype(np.float64)), 0.0)
    return above / max(above.max(initial=0.0), np.finfo(np.float64).tiny)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Cells of one size in rows; `text` is the height of the line under each."""

    width: int
    height: int
    columns: int
    text: int = 14

    def sheet(self, pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str]) -> Image.Image:
        """Puts pictures, none larger than a cell, into the cells, row by row."""
        step = self.width + 2 * MARGIN, self.height + self.text + 2 * MARGIN
        rows = math.ceil(len(pictures) / self.columns)
        sheet = Image.new("RGB", (step[0] * min(self.columns, len(pictures)), step[1] * rows), PAPER)
        on = ImageDraw.Draw(sheet)
        font = ImageFont.load_default(max(8, self.text - 3))
        for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
            x, y = place % self.columns * step[0] + MARGIN, place // self.columns * step[1] + MARGIN
            high, wide = picture.shape[:2]
            left, top = x + (self.width - wide) // 2, y + (self.height - high) // 2
            sheet.paste(Image.fromarray(picture), (left, top))
            on.rectangle((left - 1, top - 1, left + wide, top + high), outline=BORDER)
            on.text((x, y + self.height + 1), shortened(caption, on, font, self.width), fill=INK, font=font)
        return sheet


def shortened(text: str, on: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, most: int) -> str:
    """Cuts a line, at its middle, to what fits: an id says most at its ends."""
    text = " ".join(text.split())
    if on.textlength(text, font) <= most:
        return text
    kept = len(text)
    while kept > 1 and on.textlength(_cut(text, kept), font) > most:
        kept -= 1
    return _cut(text, kept)


def _cut(text: str, kept: int) -> str:
    return f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
