"""Frames of a clip in a row, each over a bar as high as it weighs: when a sign is decided, or what was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.drawing import PAPER, shade
from pipeline.files import replacing
from pipeline.pictures.tiles import BORDER, INK, MARGIN, relative, shortened, view
from pipeline.samples import Samples

CELL, BAR, LINE = 96, 24, 16  # pixels: a frame, the bar under it, the line of text above them
FEWEST = 4  # cells that a line of text needs


@dataclass(frozen=True, kw_only=True)
class Row:
    """One clip: which frames are shown, and what each weighs.

    points  [frames, V] what each point in them weighs, where that is known
    said    stands behind class and id
    """

    clip: int
    frames: Sequence[int]
    weights: NDArray[np.floating]
    points: NDArray[np.floating] | None = None
    said: str = ""


def write(path: Path, samples: Samples, rows: Sequence[Row]) -> None:
    """Writes the rows as PNG; bars and points are relative to the largest of their own clip."""
    columns = max([FEWEST, *(len(row.frames) for row in rows)])
    high = LINE + CELL + BAR + 2 * MARGIN
    sheet = Image.new("RGB", (MARGIN + columns * (CELL + MARGIN), high * max(1, len(rows))), PAPER)
    for number, row in enumerate(rows):
        _draw(sheet, number * high, samples, row)
    if not rows:
        _line(sheet, 0, "no clip is long enough")
    with replacing(path) as beside:
        sheet.save(beside, format="PNG")


def _draw(sheet: Image.Image, top: int, samples: Samples, row: Row) -> None:
    named = (samples.class_names[samples.target[row.clip]], samples.id[row.clip], row.said)
    _line(sheet, top, " · ".join(str(word) for word in named if word))
    on, shown = ImageDraw.Draw(sheet), view(samples, row.clip, whole=False)
    points = None if row.points is None else relative(row.points)
    for place, (frame, share) in enumerate(zip(row.frames, relative(row.weights).tolist(), strict=True)):
        left, upper = MARGIN + place * (CELL + MARGIN), top + LINE
        picture = shown.drawn(frame, CELL, CELL, None if points is None else points[place])
        sheet.paste(Image.fromarray(picture), (left, upper))
        right, foot = left + CELL - 1, upper + CELL + MARGIN + BAR
        on.rectangle((left, upper, right, upper + CELL - 1), outline=BORDER)
        on.line((left, foot, right, foot), fill=BORDER)
        if share > 0:
            on.rectangle((left, foot - round(share * BAR), right, foot), fill=shade(share))


def _line(sheet: Image.Image, top: int, text: str) -> None:
    on, font = ImageDraw.Draw(sheet), ImageFont.load_default(LINE - 5)
    on.text((MARGIN, top + 1), shortened(text, on, font, sheet.width - 2 * MARGIN), fill=INK, font=font)
