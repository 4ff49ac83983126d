"""Sources of samples: one adapter a file, named as `data.source` in params.yaml, each with `read(data) -> Samples`.

Those that look at pictures take a workshop besides, `read(data, workshop)`: `flows` says who looks, and where.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.params import Data, Images, Videos
from pipeline.samples import Samples

if TYPE_CHECKING:  # a source of landmarks is not made of detectors, and no change of theirs reads it again
    from pipeline.detect.workshop import Workshop


def read(data: Data, workshop: "Workshop | None" = None) -> Samples:
    """Reads samples by the adapter that `data.source` names; only that adapter is imported."""
    adapter = import_module(f"pipeline.sources.{data.source}")
    if not isinstance(data, Videos | Images):
        return adapter.read(data)
    if workshop is None:
        raise InputError(f"data.source: '{data.source}' takes detectors to read. Run `signloop extract` on it first.")
    return adapter.read(data, workshop)
