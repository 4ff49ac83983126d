"""The weights that params.yaml names: a version of the track in the registry, or a model folder of one's own.

`pipeline` knows no registry; so names become folders here. See docs/decisions/009.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.layout import Layout
from pipeline.errors import InputError
from pipeline.params.fitting import Weights
from registry.store import Store


@contextmanager
def model_folder(name: Weights | None, *, store: Store, at: Layout) -> Iterator[Path | None]:
    """Yields the folder with model.safetensors and model.json that a name means; None for no name.

    Raises: InputError when there is no such folder or version, RegistryError when the store cannot be reached.
    """
    if name is None:
        yield None
        return
    from registry.versions import EXTRAS, PRODUCTION, files, named

    if isinstance(name, int) or name == PRODUCTION:
        version = named(store, at.track, number=name if isinstance(name, int) else None)
        with files(store, version, EXTRAS) as folder:
            yield folder
    elif (at.root / name / "model.safetensors").is_file():
        yield at.root / name
    else:
        raise InputError(
            f"tracks.{at.track}.train: '{name}': expected {PRODUCTION}, a version's number, or a folder with "
            "model.safetensors. `signloop models list` shows the versions."
        )
