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
    SketchCnn,
    SketchNet,
    SpatialTemporal,
    Strm,
    form_of,
)
from pipeline.params.reading import parse, read, with_model
from pipeline.params.section import Device
from pipeline.params.serving import Log, Serve
from pipeline.params.sketches import QuickDraw, Strokes, SyntheticSketches
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
    "QuickDraw",
    "Retrain",
    "Rule",
    "Serve",
    "SignTransformer",
    "SketchCnn",
    "SketchNet",
    "SpatialTemporal",
    "Strm",
    "Strokes",
    "SyntheticLetters",
    "SyntheticSigns",
    "SyntheticSketches",
    "Teacher",
    "Track",
    "Train",
    "Videos",
    "Watch",
    "form_of",
    "parse",
    "read",
    "with_model",
]
