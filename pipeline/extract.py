"""Stage `extract`: a source of landmarks becomes the sample store."""

from pathlib import Path

from pipeline import samples, sources
from pipeline.params import Data


def extract(data: Data, *, out: Path) -> None:
    """Reads the source that `data.source` names and writes samples.h5."""
    samples.write(out, sources.read(data))
