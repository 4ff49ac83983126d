"""One picture out of a photograph's file, by Pillow."""

import warnings
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.detect.unreadable import UnreadableError, too_many_pixels
from pipeline.params.data import Detection


def read(file: IO[bytes], detection: Detection) -> NDArray[np.uint8]:
    """Reads a picture as [height, width, 3], turned as its EXIF says; of an animation the first.

    Raises: UnreadableError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures Pillow warns: max_pixels is our limit
            with Image.open(file) as image:
                if image.width * image.height > detection.max_pixels:
                    raise too_many_pixels(image.width, image.height, detection)
                return np.ascontiguousarray(_rgb(ImageOps.exif_transpose(image)))
    except Image.DecompressionBombError:
        raise UnreadableError("too large", "it unpacks into far more pixels than a photograph has.") from None
    except UnidentifiedImageError:
        raise UnreadableError(
            "no video", "it is no picture of a known kind. Save it as JPEG or PNG, or take it out of the folder."
        ) from None
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's decoders raise any of them for broken bytes
        if isinstance(error, UnreadableError) or (isinstance(error, OSError) and error.errno):
            raise
        kind = "truncated" if "truncated" in str(error).lower() else "corrupt"
        raise UnreadableError(kind, f"the picture is broken: {error}. Copy it again.") from None


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode[0] not in "IF":
        return np.asarray(image.convert("RGB"))
    # 16 or 32 bits of grey: convert() would cut off whatever is above 255
    grey = np.asarray(image, np.float64)
    brightest = 65535 if grey.max() > 255 else 255
    return np.repeat(np.clip(grey / brightest * 255, 0, 255).astype(np.uint8)[..., None], 3, axis=-1)
