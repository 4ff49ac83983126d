"""The door to augmentation: one module a form, asked for what `train.augment` may say of it.

A module says in `USES` which options have a meaning there. That of points changes frame rates and handedness too; the
others have `augment(values, *, config, generator)`, which returns changed values alone.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.form import form as named
from pipeline.params import Augment
from pipeline.skeleton import skeleton

if TYPE_CHECKING:
    from torch import Generator, Tensor

MODULES = {"hand": "augment", "holistic": "augment", "bitmap": "drawings"}


def module(form: str) -> str:
    """Names the module that changes samples of a form."""
    return f"pipeline.fitting.{MODULES[named(form).name]}"


def augmentation(form: str, config: Augment) -> "Callable[[tuple[Tensor, ...], Generator], tuple[Tensor, ...]]":
    """Returns what changes a batch's inputs at random; it takes them and a generator.

    The generator lives on their device and is the only source of chance; what is switched off draws nothing from it.

    Raises: InputError where the parameters ask for what samples of the form cannot have.
    """
    own: Any = import_module(module(form))
    asked = {name for name in config.model_fields_set if getattr(config, name)}
    if strange := sorted(asked - own.USES):
        raise InputError(
            f"train.augment.{strange[0]}: has no meaning for samples of '{form}'. Leave it out, or use some of: "
            f"{', '.join(sorted(own.USES))}."
        )
    config = config.model_copy(update=dict.fromkeys(set(type(config).model_fields) - own.USES, 0.0))
    if not named(form).has_points:
        return lambda inputs, generator: (own.augment(inputs[0], config=config, generator=generator), *inputs[1:])
    points = skeleton(form)

    def changed(inputs: "tuple[Tensor, ...]", generator: "Generator") -> "tuple[Tensor, ...]":
        landmarks, aspect, fps, handedness = inputs
        landmarks, fps, handedness = own.augment(
            landmarks, aspect, fps, handedness, skeleton=points, config=config, generator=generator
        )
        return landmarks, aspect, fps, handedness

    return changed
