"""Parts of a network that a training leaves as they are: convolutions whose head alone learns corrections.

A frozen part also stops measuring: a batch norm's statistics and its dropout stay as in use, or it would move without
one gradient.
"""

from torch import nn

from pipeline.errors import InputError


def frozen(recognizer: nn.Module, parts: tuple[str, ...]) -> frozenset[str]:
    """Returns the names of the parameters that lie in these parts of the network.

    Raises: InputError for a part that it does not have, and where nothing is left to learn.
    """
    named = [name for name, _ in recognizer.named_parameters()]
    for part in parts:
        if not any(name.startswith(f"network.{part}.") for name in named):
            valid = sorted({name.split(".")[1] for name in named})
            raise InputError(f"train.freeze: the network has no part '{part}'. Valid: {', '.join(valid)}.")
    kept = frozenset(name for name in named if _within(name, parts))
    if len(kept) == len(named):
        raise InputError("train.freeze: nothing is left to learn. Leave the head out.")
    return kept


def still(recognizer: nn.Module, parts: tuple[str, ...]) -> None:
    """Sets frozen parts as they are in use, after the whole was set to train."""
    for name, module in recognizer.named_modules():
        if _within(name.removeprefix("_forward_module."), parts):  # Fabric's wrapper
            module.eval()


def _within(name: str, parts: tuple[str, ...]) -> bool:
    return f"{name}.".startswith(tuple(f"network.{part}." for part in parts))
