"""Stage `extract`: a source of landmarks becomes the sample store."""

from pathlib import Path

from pipeline import samples, sources
from pipeline.detect.workshop import Workshop
from pipeline.params import Data


def extract(data: Data, *, out: Path, workshop: Workshop | None = None) -> None:
    """Reads the source that `data.source` names and writes samples.h5.

    workshop  who looks at pictures, for sources of them
    """
    samples.write(out, sources.read(data, workshop))
