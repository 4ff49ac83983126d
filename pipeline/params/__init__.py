"""`params.yaml`, read once, here, into frozen sections; every mistake in it is reported together with the others.

A stage takes its own sections, never the whole. A section's fields are what `dvc exp run -S` can set.
"""

from pipeline.params.data import (
    Data,
    Detection,
    Images,
    LandmarkClips,
    LandmarkTable,
    SyntheticLetters,
    SyntheticSigns,
    Videos,
)
from pipeline.params.fitting import Augment, Prepare, Pretrain, Teacher, Train
from pipeline.params.judging import (
    WHO_PROMOTES,
    AgainstProduction,
    Evaluate,
    Export,
    Gates,
    OnRecent,
    Precision,
    Rule,
)
from pipeline.params.models import (
    CnnTransformer,
    Linear,
    Mlp,
    Model,
    SignTransformer,
    SpatialTemporal,
    Strm,
    skeleton_of,
)
from pipeline.params.reading import parse, read, with_model
from pipeline.params.section import Device
from pipeline.params.serving import Log, Serve
from pipeline.params.tracks import Params, Retrain, Track
from pipeline.params.watching import Policy, Watch

__all__ = [
    "WHO_PROMOTES",
    "AgainstProduction",
    "Augment",
    "CnnTransformer",
    "Data",
    "Detection",
    "Device",
    "Evaluate",
    "Export",
    "Gates",
    "Images",
    "LandmarkClips",
    "LandmarkTable",
    "Linear",
    "Log",
    "Mlp",
    "Model",
    "OnRecent",
    "Params",
    "Policy",
    "Precision",
    "Prepare",
    "Pretrain",
    "Retrain",
    "Rule",
    "Serve",
    "SignTransformer",
    "SpatialTemporal",
    "Strm",
    "SyntheticLetters",
    "SyntheticSigns",
    "Teacher",
    "Track",
    "Train",
    "Videos",
    "Watch",
    "parse",
    "read",
    "skeleton_of",
    "with_model",
]
