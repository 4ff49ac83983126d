"""Recorded videos: hands, or hands and pose, by MediaPipe; fps and picture come from the file."""

from pipeline.detect.workshop import Workshop
from pipeline.params import Videos
from pipeline.samples import Samples
from pipeline.sources import media_clips


def read(data: Videos, workshop: Workshop) -> Samples:
    """Reads the clips that `classes`, `max_per_class` and `min_seen` ask for.

    Raises: InputError when more of them are broken than `max_failed` accepts, after a line for each.
    """
    return media_clips.read(data, workshop)
