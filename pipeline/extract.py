"""Stage `extract`: a source of landmarks becomes the sample store."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import samples, sources
from pipeline.params import Data

if TYPE_CHECKING:
    from pipeline.detect.workshop import Workshop


def extract(data: Data, *, out: Path, workshop: "Workshop | None" = None) -> None:
    """Reads the source that `data.source` names and writes samples.h5.

    workshop  who looks at pictures, for sources of them
    """
    samples.write(out, sources.read(data, workshop))
