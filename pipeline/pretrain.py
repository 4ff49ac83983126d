"""Stage `pretrain`: unlabelled samples become an encoder that `train` starts from.

With `method: none` the encoder is a valid file without tensors, so that `train` reads one kind of input always.
"""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.params import Pretrain


def pretrain(pretrain: Pretrain, *, samples: Path, split: Path, out: Path) -> None:
    """Writes the encoder; `none` is the only method so far and reads neither samples nor split."""
    with replacing(out) as beside:
        save_file({}, beside, metadata={"method": pretrain.method})


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
