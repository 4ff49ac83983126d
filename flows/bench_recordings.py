"""Recordings for the bench, made of photographs of hands and people that drift across the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.params import Detection

HEIGHT, WIDTH, FPS = 480, 640, 25
STILL = 20  # frames that show one photograph
CODECS = {
    ".mp4": ("libx264", {"preset": "veryfast"}),
    ".webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
}


@dataclass(frozen=True)
class Material:
    """What it takes to measure on recordings: photographs to make them of, and the detectors' bundles."""

    photos: list[Path]
    bundles: dict[str, Path]


def material(root: Path) -> Material:
    """Returns what lies in ../shared and where bundles are looked for.

    Raises: InputError saying what is missing.
    """
    from flows import environment
    from pipeline.detect import bundles

    found = bundles.found(bundles.needed(Detection()), [*environment.assets(), root.parent / "shared" / "models"])
    photos = sorted((root.parent / "shared" / "data" / "photos").glob("*/*.jpg"))
    if not photos:
        raise InputError("no photographs in ../shared/data/photos to make recordings of. Put some .jpg into a folder.")
    return Material(photos, found)


def record(file: Path, photos: Sequence[Path], frames: int) -> Path:
    """Writes an .mp4 or .webm: each photograph drifts across the picture for a while."""
    import av

    codec, options = CODECS[file.suffix]
    with av.open(str(file), "w") as container:
        stream: Any = container.add_stream(codec, rate=FPS, options=options)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        for frame in range(frames):
            picture = _moved(photos[frame // STILL % len(photos)], frame % STILL)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file


def _moved(photo: Path, step: int) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(photo) as file:
        shown = file.convert("RGB")
    shown = shown.resize((round(shown.width * 400 / shown.height), 400))
    canvas = Image.new("RGB", (WIDTH, HEIGHT), (128, 128, 128))
    canvas.paste(shown, ((WIDTH - shown.width) // 2 + 3 * step - 30, (HEIGHT - shown.height) // 2 + step - 10))
    return np.asarray(canvas)
