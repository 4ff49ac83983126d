"""How far detection repeats itself: the same recordings looked at again here, and in two processes, in each mode.

`mode: image` has to give the same bytes whoever looks. `mode: video` remembers the pictures before and is not exactly
reproducible: by how much two looks differ is measured.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np

from flows import executors
from flows.bench_recordings import STILL, Material, record
from pipeline import samples as store
from pipeline.detect.workshop import Workshop
from pipeline.params import Detection, Videos
from pipeline.samples import Samples
from pipeline.sources import read

Row = tuple[str, str]
Mode = Literal["image", "video"]
CLIPS = ("0.mp4", "0.webm", "1.mp4", "1.webm")  # those of a number show the same photographs
SHOWN = 3  # photographs in each
WORKERS = "processes:2"


def figures(material: Material) -> Iterator[Row]:
    """Yields what differs between two looks at the same recordings."""
    with TemporaryDirectory() as folder:
        of_label = Path(folder) / "recordings" / "label"
        of_label.mkdir(parents=True)
        for name in CLIPS:
            photos = material.photos[int(name[0]) :: len(material.photos) // SHOWN]
            record(of_label / name, photos, SHOWN * STILL)
        first: dict[Mode, Path] = {}
        for mode in ("image", "video"):
            first[mode] = _look(of_label.parent, mode, "here", material, to=Path(folder) / f"{mode}.h5")
            for place, told in (("here", "here once more"), (WORKERS, "in two processes")):
                again = _look(of_label.parent, mode, place, material, to=Path(folder) / "again.h5")
                yield f"mode {mode}, here and {told}", difference(first[mode], again)
        yield "mode video and mode image", difference(first["video"], first["image"])


def difference(one: Path, other: Path) -> str:
    """Says what two stores of the same clips differ by; x and y are shares of the picture."""
    same = "the same bytes" if one.read_bytes() == other.read_bytes() else "other bytes"
    return f"{same}; {apart(store.read(one), store.read(other))}"


def apart(one: Samples, other: Samples) -> str:
    """Says how far points that both show lie apart, and in how many frames not the same points are seen."""
    away = np.abs(one.values - other.values)[..., :2]
    away = away[~np.isnan(away)]
    if not len(away):
        return "they show no point in common"
    frames = (one.seen != other.seen).any(1).mean()
    return (
        f"x and y differ by {away.max():.2g} at most, {np.median(away):.2g} in the median of {away.size:,}; "
        f"other points seen in {frames:.1%} of {len(one.values):,} frames"
    )


def _look(recordings: Path, mode: Mode, place: str, material: Material, *, to: Path) -> Path:
    """Extracts as `extract` does, with nothing kept that was looked at before."""
    data = Videos(source="videos", path=str(recordings), detection=Detection(mode=mode), min_seen=0, max_failed=0)
    workshop = Workshop(executor=executors.build(place), bundles=material.bundles)
    store.write(to, read(data, workshop))
    return to
