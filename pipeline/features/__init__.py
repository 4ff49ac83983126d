"""The door to the feature sets, and to the preprocessing that measures them; each set belongs to one form.

A set of points has a module of its own with a class `Features(nn.Module)`: built from a Skeleton, it says
`num_features`. A hand's also says `anchors` (the two points that must be seen and apart), and turns points_BTVC in
square units and handedness_B into features_BTF; a whole body's turns a `body.Body` into features_BTF. The sets of other
forms are ways of their preprocessing, which is built from the set's name and the shape of a row.
"""

from importlib import import_module
from typing import Any

from pipeline.errors import InputError
from pipeline.form import form as form_named
from pipeline.skeleton import Skeleton, skeleton

SETS = {
    "hand": ("planar", "oriented", "invariant", "raw"),
    "holistic": ("handmade_469", "points"),
    "bitmap": ("centred", "plain"),
}
PREPROCESS = {"hand": "preprocess", "holistic": "holistic", "bitmap": "bitmap"}
# by name: editing one retrains no track of another


def build(name: str, skeleton: Skeleton) -> Any:
    """Builds the feature set of a name.

    Raises: InputError with the names that are valid for the skeleton.
    """
    if name not in (valid := SETS[skeleton.name]):
        raise InputError(f"skeleton '{skeleton.name}' has no features '{name}'. Valid: {', '.join(valid)}.")
    return import_module(f"pipeline.features.{name}").Features(skeleton)


def build_preprocess(name: str, form: str, row: tuple[int, ...] = (), *, place: bool = False) -> Any:
    """Builds the way from a form's values to the features of a name.

    place  asks for a hand's place besides, see `place`

    Raises: InputError as `build`, and where the place of anything else than a hand is asked for.
    """
    if place and form != "hand":
        raise InputError(f"form '{form}': a recurrent model reads one hand. Choose another `model.name`.")
    if name not in (valid := SETS[form_named(form).name]):
        raise InputError(f"form '{form}' has no features '{name}'. Valid: {', '.join(valid)}.")
    module: Any = import_module(f"pipeline.features.{PREPROCESS[form]}")
    if not form_named(form).has_points:
        return module.Preprocess(name, row)
    points = skeleton(form)
    return module.Preprocess(name, points, place=True) if place else module.Preprocess(name, points)


def modules(name: str) -> list[str]:
    """Returns what is imported by the name of a set: the preprocessing of its form, and of points its own module."""
    [form] = [form for form, sets in SETS.items() if name in sets]
    own = [name] if form_named(form).has_points else []
    return [f"pipeline.features.{module}" for module in (*own, PREPROCESS[form])]
