"""Pictures of drawings, sent in the place of a bitmap: dark ink on light paper, made as small as the model's bitmaps.

What is transparent is paper. The picture is fitted into a bitmap whole, in its middle and with its own proportions: it
is not cropped to what is drawn, since dirt on a photograph would decide where that is.
"""

import asyncio
import io

import numpy as np

from pipeline.errors import InputError
from serving.bodies.clips import Clips, checked
from serving.bodies.takes import Floats, Takes

TYPES = ("image/png", "image/jpeg")
MAX_PIXELS = 4096 * 4096  # a small file may stand for more than memory holds


async def read(content: bytes, takes: Takes) -> Clips:
    """Returns the clip of a picture.

    Raises: InputError for what is no such picture, or too large a one.
    """
    return checked((await asyncio.to_thread(_ink, content, *takes.row))[None, None], takes)


def _ink(content: bytes, height: int, width: int) -> Floats:
    """Returns grey values [H, W], 0 paper to 255 ink."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(f"the picture has more than {MAX_PIXELS:,} pixels. Send a smaller one.")
            drawn = picture.convert("RGBA")
    except InputError:
        raise
    except Exception:  # of a library that reads a stranger's file: whatever it is, it is no picture
        raise InputError("the body is no whole PNG or JPEG. Save it again, or send a bitmap as JSON.") from None
    share = min(width / drawn.width, height / drawn.height)
    size = max(1, round(drawn.width * share)), max(1, round(drawn.height * share))
    paper = Image.new("RGBA", drawn.size, "white")
    grey = Image.alpha_composite(paper, drawn).convert("L").resize(size, Image.Resampling.BOX)
    sheet = Image.new("L", (width, height), 255)
    sheet.paste(grey, ((width - size[0]) // 2, (height - size[1]) // 2))
    return 255 - np.asarray(sheet, np.float32)
