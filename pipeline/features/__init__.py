"""The door to the feature sets: one module a set, built by name; each belongs to one skeleton.

A set's module has a class `Features(nn.Module)`: built from a Skeleton, it says `num_features`. A hand's also says
`anchors` (the two points that must be seen and apart), and turns points_BTVC in square units and handedness_B into
features_BTF; a whole body's turns a `body.Body` into features_BTF.
"""

from importlib import import_module
from typing import Any

from pipeline.errors import InputError
from pipeline.skeleton import Skeleton

SETS = {"hand": ("planar", "oriented", "invariant", "raw"), "holistic": ("handmade_469", "points")}
PREPROCESS = {"hand": "preprocess", "holistic": "holistic"}  # by name: editing one retrains no track of the other


def build(name: str, skeleton: Skeleton) -> Any:
    """Builds the feature set of a name.

    Raises: InputError with the names that are valid for the skeleton.
    """
    if name not in (valid := SETS[skeleton.name]):
        raise InputError(f"skeleton '{skeleton.name}' has no features '{name}'. Valid: {', '.join(valid)}.")
    return import_module(f"pipeline.features.{name}").Features(skeleton)


def build_preprocess(name: str, skeleton: Skeleton, *, place: bool = False) -> Any:
    """Builds the way from a skeleton's landmarks to the features of a name.

    place  asks for a hand's place besides, see `place`

    Raises: InputError as `build`, and where a whole body's place is asked for.
    """
    if place and skeleton.name != "hand":
        raise InputError(f"skeleton '{skeleton.name}': a recurrent model reads one hand. Choose another `model.name`.")
    module: Any = import_module(f"pipeline.features.{PREPROCESS[skeleton.name]}")
    return module.Preprocess(name, skeleton, place=True) if place else module.Preprocess(name, skeleton)


def modules(name: str) -> list[str]:
    """Returns what is imported by the name of a set: the set's own module and the preprocessing of its skeleton."""
    ways = [PREPROCESS[skeleton] for skeleton, sets in SETS.items() if name in sets]
    return [f"pipeline.features.{module}" for module in (name, *ways)]
