"""Stage `extract`: a source of landmarks becomes the sample store, and clips that people corrected join it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import feedback as corrected
from pipeline import samples, sources
from pipeline.errors import InputError
from pipeline.files import NO_ROOM
from pipeline.params import Data

if TYPE_CHECKING:
    from pipeline.detect.workshop import Workshop


def extract(data: Data, *, feedback: Path, out: Path, workshop: "Workshop | None" = None) -> None:
    """Reads the source that `data.source` names and writes samples.h5.

    feedback  the track's folder of exported corrections; without one there are none
    workshop  who looks at pictures, for sources of them

    Raises: InputError where there is nothing to read, or no room to write it.
    """
    read = corrected.joined(sources.read(data, workshop), feedback)
    try:
        samples.write(out, read)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise InputError(
            f"'{out}': no room on the disk for {len(read):,} clips. Free some, then run it again; finished clips stay."
        ) from None
