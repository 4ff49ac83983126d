"""The door to the feature sets: one module a set, built by name.

A set's module has a class `Features(nn.Module)`: built from a Skeleton, it says `anchors` (the two points that must be
seen and apart) and `num_features`, and turns points_BTVC in square units and handedness_B into features_BTF.
"""

from importlib import import_module
from typing import Any

from pipeline.errors import InputError
from pipeline.skeleton import Skeleton

NAMES = ("planar", "oriented", "invariant", "raw")


def build(name: str, skeleton: Skeleton) -> Any:
    """Builds the feature set of a name.

    Raises: InputError with the valid names.
    """
    if name not in NAMES:
        raise InputError(f"unknown features '{name}'. Valid: {', '.join(NAMES)}.")
    return import_module(f"pipeline.features.{name}").Features(skeleton)
