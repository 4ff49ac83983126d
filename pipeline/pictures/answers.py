"""What hiding parts and moments costs a model, drawn on samples of their form: a body, a drawing's cells, a curve."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.drawing import PAPER, shade
from pipeline.files import replacing
from pipeline.form import form as named
from pipeline.pictures import body, strip
from pipeline.pictures.tiles import BORDER, INK, MARGIN, relative, shortened
from pipeline.samples import Samples

SIDE, LINE = 320, 16  # pixels: a picture, a line of text
LOW, HIGH = 12, 96  # of a curve's cells: the weights under it, the curve


def importance(path: Path, samples: Samples, weights: NDArray[np.floating], captions: Sequence[str]) -> None:
    """Writes PNG: a sample under the weights of its places, [V] of points and channels, [V, C] of pixels."""
    if named(samples.form).has_points:
        return body.write(path, samples, weights, captions)
    draw = {"bitmap": _pixels, "series": _channels}[samples.form]
    return _save(path, draw(samples, relative(weights)), captions[0])


def moments(path: Path, samples: Samples, rows: Sequence[strip.Row]) -> None:
    """Writes PNG: a line a sample, over a bar as high as each of its moments weighs."""
    if named(samples.form).has_points or not rows:
        return strip.write(path, samples, rows)
    curves = [_curve(samples, row) for row in rows]
    stacked = Image.new("RGB", (curves[0].width, sum(curve.height for curve in curves)), PAPER)
    for number, curve in enumerate(curves):
        stacked.paste(curve, (0, number * curve.height))
    with replacing(path) as beside:
        stacked.save(beside, format="PNG")
    return None


def _pixels(samples: Samples, shares_HW: NDArray[np.float64]) -> Image.Image:
    """Draws the fullest drawing in ink over the shade of its places."""
    fullest = int(samples.values.reshape(len(samples), -1).sum(1, dtype=np.int64).argmax())
    ink_HW1 = samples.values[fullest][..., None] / 255.0
    paper_HW3 = np.array([[shade(share) for share in row] for row in shares_HW], np.float64)
    mixed = (paper_HW3 * (1 - ink_HW1) + np.array(INK, np.float64) * ink_HW1).astype(np.uint8)
    return Image.fromarray(mixed).resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _channels(samples: Samples, shares_F: NDArray[np.float64]) -> Image.Image:
    """Draws the first series, a curve a channel, each before a bar as long as it weighs."""
    clip_TF, high = samples.clip(0)[..., 0], max(8, SIDE // len(shares_F))
    picture = Image.new("RGB", (2 * SIDE, high * len(shares_F)), PAPER)
    on = ImageDraw.Draw(picture)
    for channel, share in enumerate(shares_F.tolist()):
        top = channel * high
        if share > 0:
            on.rectangle((0, top + 1, round(share * SIDE / 2), top + high - 2), fill=shade(share))
        _line_of(on, clip_TF[:, channel], (SIDE // 2 + MARGIN, top + 1, 2 * SIDE - 1, top + high - 2))
    return picture


def _curve(samples: Samples, row: strip.Row) -> Image.Image:
    clip_TF, shares = samples.clip(row.clip)[..., 0], relative(row.weights).tolist()
    picture = Image.new("RGB", (2 * SIDE, LINE + HIGH + LOW + 3 * MARGIN), PAPER)
    on = ImageDraw.Draw(picture)
    said = (samples.class_names[samples.target[row.clip]], samples.id[row.clip], row.said)
    _text(on, " · ".join(str(word) for word in said if word), picture.width)
    for channel in range(clip_TF.shape[1]):
        _line_of(on, clip_TF[:, channel], (0, LINE, picture.width - 1, LINE + HIGH))
    foot, wide = picture.height - MARGIN, picture.width / len(shares)
    for place, share in enumerate(shares):
        if share > 0:
            box = (round(place * wide), foot - round(share * LOW), round((place + 1) * wide) - 2, foot)
            on.rectangle(box, fill=shade(share))
    return picture


def _line_of(on: ImageDraw.ImageDraw, values_T: NDArray[np.floating], box: tuple[int, int, int, int]) -> None:
    """Draws a curve into a box, from its lowest to its highest value; what is missing leaves a gap."""
    left, top, right, foot = box
    low, wide = np.nanmin(values_T, initial=np.inf), np.nanmax(values_T, initial=-np.inf)
    span = (wide - low) or 1.0
    x = np.linspace(left, right, len(values_T))
    y = foot - (values_T - low) / span * (foot - top)
    for n in range(len(values_T) - 1):
        if np.isfinite(y[n : n + 2]).all():
            on.line((float(x[n]), float(y[n]), float(x[n + 1]), float(y[n + 1])), fill=INK)


def _save(path: Path, picture: Image.Image, caption: str) -> None:
    sheet = Image.new("RGB", (picture.width + 2 * MARGIN, picture.height + LINE + 2 * MARGIN), PAPER)
    on = ImageDraw.Draw(sheet)
    _text(on, caption, sheet.width)
    sheet.paste(picture, (MARGIN, LINE + MARGIN))
    on.rectangle(
        (MARGIN, LINE + MARGIN, MARGIN + picture.width - 1, LINE + MARGIN + picture.height - 1), outline=BORDER
    )
    with replacing(path) as beside:
        sheet.save(beside, format="PNG")


def _text(on: ImageDraw.ImageDraw, text: str, wide: int) -> None:
    font = ImageFont.load_default(LINE - 5)
    on.text((MARGIN, 1), shortened(text, on, font, wide - 2 * MARGIN), fill=INK, font=font)
