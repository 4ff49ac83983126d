"""Sources of samples: one adapter a file, named as `data.source` in params.yaml, each with `read(data) -> Samples`."""

from importlib import import_module

from pipeline.params import Data
from pipeline.samples import Samples


def read(data: Data) -> Samples:
    """Reads samples by the adapter that `data.source` names; only that adapter is imported."""
    return import_module(f"pipeline.sources.{data.source}").read(data)
