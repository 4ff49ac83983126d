"""A pretrained encoder on disk, and a network that starts from it.

The file has the tensors of a network without its head, by their names there; `none` has none.
"""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from pipeline.errors import InputError
from pipeline.models.recognizer import Recognizer


def read_encoder(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Returns an encoder's tensors by name and its metadata; `method` there says how it was made.

    Raises: InputError naming the file when it is missing or cut off.
    """
    try:
        with safe_open(path, "numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run `dvc repro`, or give another path.") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"'{path}' is not a whole encoder ({error}). Delete it and run `dvc repro`.") from None


def pretrained_part(network: nn.Module, *, pooled: bool) -> dict[str, Tensor]:
    """Returns what pretraining trained of a network: all but the head, and without `pooled` but the pooling."""
    untrained = ("head.",) if pooled else ("head.", "pooling.")
    return {name: tensor for name, tensor in network.state_dict().items() if not name.startswith(untrained)}


def start_from(recognizer: Recognizer, path: Path, *, decay: float) -> dict[str, float]:
    """Loads an encoder into a recognizer's network, and returns its parameters' rates of learning beside 1.

    decay  what a layer learns beside the one above it; the head above all of them learns at the whole rate

    Raises: InputError where the encoder is not of this network.
    """
    tensors, metadata = read_encoder(path)
    if not tensors:
        return {}
    network: Any = recognizer.network
    state = network.state_dict()
    strange = [name for name, tensor in tensors.items() if name not in state or state[name].shape != tensor.shape]
    if strange or not hasattr(network, "depths"):
        what = strange[0] if strange else next(iter(tensors))
        raise InputError(
            f"pretrain.method: '{metadata.get('method')}' made '{path}', whose '{what}' is not this model's. "
            "Run `dvc repro`, or set pretrain.method to none."
        )
    network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tensors.items()}, strict=False)
    depths = network.depths()
    rate_of: dict[int, float] = {}
    for depth, members in enumerate(depths):
        for member in members:
            for parameter in [member] if isinstance(member, nn.Parameter) else member.parameters():
                rate_of[id(parameter)] = decay ** (len(depths) - depth)
    return {f"network.{name}": rate_of[id(p)] for name, p in network.named_parameters() if name in tensors}
